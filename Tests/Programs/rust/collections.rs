// run:
// Collections, iterators, strings, formatting.
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::rc::Rc;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Token {
    Number(i64),
    Operator(char),
    Open,
    Close,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut all = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(&letter) = letters.peek() {
        match letter {
            '0'..='9' => {
                let mut number = 0i64;
                while let Some(digit) = letters.peek().and_then(|c| c.to_digit(10)) {
                    number = number.checked_mul(10).and_then(|n| n.checked_add(digit as i64)).ok_or("too large")?;
                    letters.next();
                }
                all.push(Token::Number(number));
                continue;
            }
            '+' | '-' | '*' | '/' => all.push(Token::Operator(letter)),
            '(' => all.push(Token::Open),
            ')' => all.push(Token::Close),
            ' ' => {}
            other => return Err(format!("unexpected {:?}", other)),
        }
        letters.next();
    }
    Ok(all)
}

fn precedence(operator: char) -> u8 {
    if matches!(operator, '*' | '/') { 2 } else { 1 }
}

fn evaluate(text: &str) -> Result<i64, String> {
    let (mut values, mut pending): (Vec<i64>, Vec<Token>) = (vec![], vec![]);
    fn apply(values: &mut Vec<i64>, operator: char) -> Result<(), String> {
        let (right, left) = (values.pop().ok_or("missing")?, values.pop().ok_or("missing")?);
        values.push(match operator {
            '+' => left.checked_add(right),
            '-' => left.checked_sub(right),
            '*' => left.checked_mul(right),
            _ => left.checked_div(right),
        }.ok_or_else(|| format!("{} {} {}", left, operator, right))?);
        Ok(())
    }
    for token in tokens(text)? {
        match token {
            Token::Number(number) => values.push(number),
            Token::Open => pending.push(token),
            Token::Close => loop {
                match pending.pop() {
                    Some(Token::Operator(operator)) => apply(&mut values, operator)?,
                    Some(Token::Open) => break,
                    _ => return Err("unbalanced".into()),
                }
            },
            Token::Operator(operator) => {
                while let Some(Token::Operator(before)) = pending.last().cloned() {
                    if precedence(before) < precedence(operator) { break; }
                    pending.pop();
                    apply(&mut values, before)?;
                }
                pending.push(Token::Operator(operator));
            }
        }
    }
    while let Some(token) = pending.pop() {
        match token {
            Token::Operator(operator) => apply(&mut values, operator)?,
            _ => return Err("unbalanced".into()),
        }
    }
    values.pop().ok_or_else(|| "empty".to_string())
}

struct Matrix([[f64; 2]; 2]);

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for row in &self.0 { writeln!(f, "[{:>8.3} {:>8.3}]", row[0], row[1])?; }
        Ok(())
    }
}

trait Animal { fn name(&self) -> String; }
struct Cat(Rc<String>);
struct Dog;
impl Animal for Cat { fn name(&self) -> String { format!("cat {}", self.0) } }
impl Animal for Dog { fn name(&self) -> String { "dog".into() } }
impl Drop for Dog { fn drop(&mut self) { println!("the dog is gone"); } }

fn main() {
    for text in ["1 + 2 * 3", "(1 + 2) * 3", "7 / (3 - 3)", "9223372036854775807 + 1", "2 * (3", "a", ""] {
        println!("{:>24} = {:?}", text, evaluate(text));
    }
    let words = "one fish two fish red fish blue fish";
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in words.split_whitespace() { *counts.entry(word).or_default() += 1; }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    println!("{:?}", sorted);
    let tree: BTreeMap<i32, String> = (0..10).map(|i| (i * i % 7, format!("{:#06b}", i))).collect();
    println!("{:#?}", tree);
    let set: BTreeSet<char> = "hello world".chars().filter(|c| c.is_alphabetic()).collect();
    println!("{}", set.iter().collect::<String>());
    let mut heap: BinaryHeap<_> = vec![3, 1, 4, 1, 5, 9, 2, 6].into();
    while let Some(top) = heap.pop() { print!("{} ", top); }
    println!();
    let mut queue: VecDeque<u32> = (1..=5).collect();
    queue.rotate_left(2);
    println!("{:?} {:?}", queue, queue.iter().rev().step_by(2).collect::<Vec<_>>());
    println!("{}", HashSet::<u64>::from_iter((0..1000).map(|i| i * i % 101)).len());
    print!("{}", Matrix([[1.0, -2.5], [1e3, 0.1 + 0.2]]));
    println!("{:e} {:?} {} {:08.3} {:+} {:?}", 1234.5f64, 0.1f32 + 0.2f32, f64::MAX, -3.14159, 7, f64::NAN);
    println!("{} {} {}", u128::MAX, i128::MIN, u64::MAX.count_ones());
    let name = Rc::new("tom".to_string());
    let animals: Vec<Box<dyn Animal>> = vec![Box::new(Cat(name.clone())), Box::new(Dog)];
    println!("{} {}", animals.iter().map(|a| a.name()).collect::<Vec<_>>().join(", "), Rc::strong_count(&name));
    drop(animals);
    println!("{}", "ünïcödé ẞ 🦊".to_uppercase());
    println!("{:?}", "naïve".bytes().map(|b| format!("{:02x}", b)).collect::<Vec<_>>());
    let mut numbers: Vec<u64> = (0..10000u64).map(|i| i.wrapping_mul(0x9E3779B97F4A7C15) >> 40).collect();
    numbers.sort_unstable();
    numbers.dedup();
    println!("{} {:?}", numbers.len(), numbers.binary_search(&numbers[1234]));
}
