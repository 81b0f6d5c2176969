// run: status
// run: panic
// run: index
// run: overflow
// run: unwrap
// run: main-error
// run: stack
// Ways for a Rust program to end.
use std::process;

#[derive(Debug)]
struct Failure { code: u32 }

fn deep(n: u64) -> u64 {
    let room = [n; 64];
    if n == u64::MAX { return 0; }
    deep(n + 1).wrapping_add(room[(n % 64) as usize])
}

struct Guard;
impl Drop for Guard { fn drop(&mut self) { println!("dropped"); } }

fn main() -> Result<(), Failure> {
    let how = std::env::args().nth(1).unwrap_or_default();
    println!("about to {}", how);
    let _guard = Guard;
    let numbers = vec![1, 2, 3];
    let three = how.len().max(3);
    match how.as_str() {
        "status" => process::exit(42),
        "panic" => panic!("on purpose: {}", three),
        "index" => println!("{}", numbers[three]),
        "overflow" => println!("{}", u8::try_from(three * 1000).map(|v| v + 1).unwrap_or_else(|e| { eprintln!("{}", e); process::exit(3) })),
        "unwrap" => println!("{}", "x".parse::<i32>().unwrap()),
        "main-error" => return Err(Failure { code: 17 }),
        "stack" => println!("{}", deep(0)),
        _ => {}
    }
    Ok(())
}
