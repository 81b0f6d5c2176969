// run:
// Instants, durations, sleeping: only what must always hold is printed.
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let start = Instant::now();
    sleep(Duration::from_millis(25));
    let spent = start.elapsed();
    println!("{} {}", spent >= Duration::from_millis(25), spent < Duration::from_secs(1));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or(0);
    println!("{}", since > 1_577_836_800);
    let mut last = Instant::now();
    println!("{}", (0..1000).all(|_| { let now = Instant::now(); let fine = now >= last; last = now; fine }));
    println!("{:?} {:?}", Duration::from_micros(1_500_000), Duration::new(3, 5) * 2);
}
