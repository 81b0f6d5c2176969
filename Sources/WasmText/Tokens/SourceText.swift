/// Turns offsets into lines and columns.
struct SourceLines: Sendable {
  /// The offset at which each line starts, ascending; the first is 0.
  var starts: [UInt32]

  func line(at offset: Int) -> Int {
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(starts[middle]) <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func error(_ message: String, at offset: Int) -> WatError {
    let line = line(at: offset)
    let start = line > 0 ? Int(starts[line - 1]) : 0
    return WatError(line: line, column: offset - start + 1, message: message)
  }
}

/// A source and its tokens.
struct SourceText: Sendable {
  let bytes: [UInt8]
  /// Ends with a token of kind `end`.
  let tokens: [Token]
  let lines: SourceLines

  init(_ bytes: [UInt8]) throws(WatError) {
    var lexer = Lexer(bytes)
    try lexer.run()
    self.bytes = bytes
    tokens = lexer.tokens
    lines = SourceLines(starts: lexer.lineStarts)
  }

  func bytes(of token: Token) -> ArraySlice<UInt8> {
    bytes[Int(token.start)..<Int(token.end)]
  }
}
