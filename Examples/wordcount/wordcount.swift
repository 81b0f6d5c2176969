// Counts the lines, words and bytes of the files named as arguments, or of standard input, as wc does.
import WASI

struct Counts {
  var lines: UInt64 = 0
  var words: UInt64 = 0
  var bytes: UInt64 = 0
  private var insideWord = false

  mutating func add(_ chunk: ArraySlice<UInt8>) {
    bytes += UInt64(chunk.count)
    for byte in chunk {
      let blank = byte == 0x20 || (0x09...0x0D).contains(byte)
      if byte == 0x0A { lines += 1 }
      if !blank && !insideWord { words += 1 }
      insideWord = !blank
    }
  }

  static func += (total: inout Counts, other: Counts) {
    total.lines += other.lines
    total.words += other.words
    total.bytes += other.bytes
  }

  /// The three numbers in columns, then the name.
  func print(name: [UInt8]) {
    var line: [UInt8] = []
    for number in [lines, words, bytes] {
      let digits = decimal(number)
      line += [UInt8](repeating: 0x20, count: max(0, 7 - digits.count)) + digits + [0x20]
    }
    if name.isEmpty { line.removeLast() }
    write(line + name + [0x0A], to: standard_output)
  }
}

/// Everything that can be read from the descriptor; nil when reading fails.
func counts(of descriptor: Int32) -> Counts? {
  var counts = Counts()
  var chunk = [UInt8](repeating: 0, count: 65536)
  while true {
    guard let length = read(into: &chunk, from: descriptor) else { return nil }
    if length == 0 { return counts }
    counts.add(chunk[..<length])
  }
}

func complain(about name: [UInt8], _ what: StaticString) {
  write(bytes("wordcount: ") + name + bytes(": ") + bytes(what) + [0x0A], to: standard_error)
}

@c(main) public func main(count: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  let names = (1..<max(1, Int(count))).map { bytes(arguments[$0]) }
  if names.isEmpty {
    guard let all = counts(of: Int32(standard_input)) else {
      complain(about: bytes("standard input"), "cannot be read")
      return 1
    }
    all.print(name: [])
    return 0
  }
  let directories = Directory.all()
  var total = Counts()
  var status: Int32 = 0
  for name in names {
    guard let file = open(name, in: directories) else {
      complain(about: name, "no such file")
      status = 1
      continue
    }
    if let found = counts(of: file) {
      found.print(name: name)
      total += found
    } else {
      complain(about: name, "cannot be read")
      status = 1
    }
    close(file)
  }
  if names.count > 1 { total.print(name: bytes("total")) }
  return status
}
