// run: --stdin large
// run: --stdin fog
// run: --stdin empty
// Standard input by lines and words, sorted and counted.
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut lengths: BTreeMap<usize, u32> = BTreeMap::new();
    let (mut lines, mut hash) = (0u32, 0xcbf29ce484222325u64);
    let mut words: Vec<String> = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        lines += 1;
        *lengths.entry(line.len()).or_default() += 1;
        for byte in line.bytes() { hash = (hash ^ byte as u64).wrapping_mul(0x100000001b3); }
        words.extend(line.split_whitespace().take(1).map(String::from));
    }
    words.sort();
    let out = io::stdout();
    let mut out = out.lock();
    writeln!(out, "{} lines, {:016x}, {:?}..{:?}", lines, hash, words.first(), words.last())?;
    for (length, count) in lengths.iter().take(10) { writeln!(out, "{:>6} {}", length, count)?; }
    Ok(())
}
