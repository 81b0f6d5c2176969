// run: first "second one" -- --third
// run: --env NAME=value --env ZERO= -- x
// Arguments and environment as Rust sees them.
use std::collections::BTreeMap;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{} {:?}", arguments.len(), arguments);
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    println!("{:?}", environment);
    println!("{:?} {:?}", std::env::var("NAME"), std::env::var("MISSING"));
    println!("{}", cfg!(target_os = "wasi"));
}
