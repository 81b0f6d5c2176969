import Glibc

/// Why an answer is none.
package struct ResponseFailure: Error { var text: String }

/// Reads answers in HTTP/1.1, from bytes in whatever pieces.
package struct ResponseReader {
  private enum State {
    case statusLine, header
    case body(Int)
    case chunkSize
    case chunk(Int)
    case chunkEnd, trailer, untilEnd, whole
  }

  private static let lineLimit = 65_536
  private var state = State.statusLine
  private var line: [UInt8] = []
  private var length: Int?
  private var isChunked = false
  package private(set) var status = 0
  /// The server closes the connection behind the answer.
  package private(set) var closes = false
  /// The first bytes of the body, up to the limit.
  package private(set) var body: [UInt8] = []
  var bodyLimit = 0

  package var isWhole: Bool { if case .whole = state { true } else { false } }
  /// Nothing of an answer has been read.
  var isFresh: Bool { if case .statusLine = state { line.isEmpty } else { false } }

  package init() {}

  package mutating func begin(keeping limit: Int) {
    state = .statusLine
    line.removeAll(keepingCapacity: true)
    body.removeAll(keepingCapacity: true)
    (length, isChunked, closes, status, bodyLimit) = (nil, false, false, 0, limit)
  }

  /// Reads all of them; what follows a whole answer is a failure, since nothing more was asked.
  package mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ResponseFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .statusLine, .header, .chunkSize, .chunkEnd, .trailer:
        guard try takeLine(&rest) else { return }
        try readLine()
        line.removeAll(keepingCapacity: true)
      case .body(let count):
        let left = count - take(count, &rest)
        state = left == 0 ? .whole : .body(left)
      case .chunk(let count):
        let left = count - take(count, &rest)
        state = left == 0 ? .chunkEnd : .chunk(left)
      case .untilEnd: _ = take(.max, &rest)
      case .whole: throw ResponseFailure(text: "bytes behind an answer")
      }
    }
  }

  /// The server has closed the connection.
  package mutating func end() throws(ResponseFailure) {
    guard case .untilEnd = state else {
      throw ResponseFailure(text: isFresh ? "closed without an answer" : "closed in the middle of an answer")
    }
    state = .whole
    closes = true
  }

  private mutating func take(_ count: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) -> Int {
    let taken = min(count, rest.count)
    let kept = min(taken, bodyLimit - body.count)
    if kept > 0 { body.append(contentsOf: rest.prefix(kept)) }
    rest = rest.dropFirst(taken)
    return taken
  }

  /// False where the line's end has not come.
  private mutating func takeLine(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(ResponseFailure) -> Bool {
    let end = rest.firstIndex(of: UInt8(ascii: "\n"))
    line.append(contentsOf: rest[rest.startIndex..<(end ?? rest.endIndex)])
    guard line.count <= Self.lineLimit else { throw ResponseFailure(text: "a line of more than \(Self.lineLimit) bytes") }
    guard let end else {
      rest = rest[rest.endIndex...]
      return false
    }
    rest = rest[(end + 1)...]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return true
  }

  private mutating func readLine() throws(ResponseFailure) {
    switch state {
    case .statusLine:
      guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), let number = Self.decimal(line[9..<12]) else {
        throw ResponseFailure(text: "no status line")
      }
      status = number
      closes = line[7] == UInt8(ascii: "0")
      state = .header
    case .header: line.isEmpty ? endHead() : try readHeader()
    case .chunkSize:
      let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
        throw ResponseFailure(text: "no chunk size")
      }
      state = size == 0 ? .trailer : .chunk(size)
    case .chunkEnd:
      guard line.isEmpty else { throw ResponseFailure(text: "bytes behind a chunk") }
      state = .chunkSize
    case .trailer: if line.isEmpty { state = .whole }
    case .body, .chunk, .untilEnd, .whole: break
    }
  }

  private mutating func endHead() {
    // An interim answer: the one that counts follows.
    if (100..<200).contains(status) {
      state = .statusLine
      length = nil
    } else if status == 204 || status == 304 {
      state = .whole
    } else if isChunked {
      state = .chunkSize
    } else if let length {
      state = length == 0 ? .whole : .body(length)
    } else {
      state = .untilEnd
    }
  }

  private mutating func readHeader() throws(ResponseFailure) {
    if let value = value(of: "content-length") {
      guard let number = Self.decimal(value[...]) else { throw ResponseFailure(text: "no content length") }
      length = number
    } else if let value = value(of: "transfer-encoding") {
      isChunked = value.elementsEqual("chunked".utf8)
    } else if let value = value(of: "connection") {
      closes = value.elementsEqual("close".utf8)
    }
  }

  /// In lower case, where the line has that header.
  private func value(of name: StaticString) -> [UInt8]? {
    let count = name.utf8CodeUnitCount
    guard line.count > count, line[count] == UInt8(ascii: ":") else { return nil }
    let name = UnsafeBufferPointer(start: name.utf8Start, count: count)
    guard zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return nil }
    let spaces = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    return line[(count + 1)...].filter { !spaces.contains($0) }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }
}
