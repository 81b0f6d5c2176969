// run:
// Files and directories through the Rust library.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

fn names(path: &str) -> io::Result<Vec<String>> {
    let mut all: Vec<String> = fs::read_dir(path)?
        .map(|entry| entry.map(|e| format!("{}{}", e.file_name().to_string_lossy(), if e.path().is_dir() { "/" } else { "" })))
        .collect::<io::Result<_>>()?;
    all.sort();
    Ok(all)
}

fn main() -> io::Result<()> {
    println!("{:?}", names("/data")?);
    for line in BufReader::new(File::open("/data/fog.txt")?).lines() { println!("| {}", line?); }
    println!("{:?}", fs::read_to_string("/data/nested/deeper/numbers.txt")?
        .lines().map(|l| l.parse::<f64>()).collect::<Vec<_>>());
    fs::create_dir_all("/scratch/x/y/z")?;
    let mut out = BufWriter::new(File::create("/scratch/x/numbers.bin")?);
    for i in 0..100_000u32 { out.write_all(&(i ^ (i << 3)).to_le_bytes())?; }
    out.flush()?;
    let mut file = OpenOptions::new().read(true).write(true).open("/scratch/x/numbers.bin")?;
    println!("{} {}", file.metadata()?.len(), file.seek(SeekFrom::Start(4 * 777))?);
    let mut four = [0; 4];
    file.read_exact(&mut four)?;
    println!("{}", u32::from_le_bytes(four));
    file.set_len(1000)?;
    file.seek(SeekFrom::End(-2))?;
    println!("{:?}", file.read_exact(&mut four).map_err(|e| e.kind()));
    let mut log = OpenOptions::new().append(true).create(true).open("/scratch/log")?;
    writeln!(log, "one")?;
    writeln!(log, "two")?;
    drop(log);
    println!("{:?}", fs::read_to_string("/scratch/log")?);
    println!("{}", fs::copy("/scratch/log", "/scratch/x/y/copy")?);
    fs::rename("/scratch/log", "/scratch/renamed")?;
    println!("{:?} {:?} {:?}", names("/scratch")?, names("/scratch/x")?, names("/scratch/x/y")?);
    println!("{:?}", File::open("/scratch/log").map_err(|e| e.kind()).err());
    println!("{:?}", OpenOptions::new().write(true).create_new(true).open("/scratch/renamed").map_err(|e| e.kind()).err());
    println!("{}", File::create("/data/forbidden").is_err());
    println!("{}", File::open("/data/../../etc/passwd").is_err());
    println!("{}", fs::remove_dir("/scratch/x").is_err());
    fs::remove_dir_all("/scratch/x/y")?;
    fs::remove_file("/scratch/renamed")?;
    println!("{:?} {}", names("/scratch")?, fs::metadata("/scratch/x")?.is_dir());
    Ok(())
}
