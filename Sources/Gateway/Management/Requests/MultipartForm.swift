/// The parts of a `multipart/form-data` body (RFC 7578), each a slice of it.
package struct MultipartForm {
  package struct Part: Equatable {
    package var name: String
    /// Empty where the part says none.
    var fileName: String
    package var bytes: ArraySlice<UInt8>
  }

  package let parts: [Part]

  static let partLimit = 1000
  private static let headLimit = 4096
  private static let lineEnd = Array("\r\n".utf8)

  /// - Parameter contentType: The request's, whole.
  package init(_ body: [UInt8], contentType: String) throws(Refusal) {
    let boundary = try Self.boundary(in: contentType)
    let delimiter = Array("--\(boundary)".utf8)
    guard body.starts(with: delimiter) else { throw Self.failure("does not begin with its boundary") }
    var parts: [Part] = []
    var position = delimiter.count
    let separator = Self.lineEnd + delimiter
    while true {
      let rest = body[position...]
      // What follows the last boundary is nobody's.
      if rest.starts(with: "--".utf8) { break }
      guard rest.starts(with: Self.lineEnd) else { throw Self.failure("has a boundary that is not at the end of its line") }
      guard parts.count < Self.partLimit else { throw Self.failure("has more than \(Self.partLimit) parts") }
      let start = position + Self.lineEnd.count
      guard let headEnd = Self.find(Array("\r\n\r\n".utf8), in: body[start...].prefix(Self.headLimit)) else {
        throw Self.failure("has a part whose fields do not end within \(Self.headLimit) bytes")
      }
      let contents = headEnd + 4
      guard let end = Self.find(separator, in: body[contents...]) else { throw Self.failure("ends within a part: its last boundary is missing") }
      parts.append(try Self.part(head: body[start..<headEnd], bytes: body[contents..<end]))
      position = end + separator.count
    }
    self.parts = parts
  }

  private static func boundary(in contentType: String) throws(Refusal) -> String {
    guard let boundary = parameters(of: contentType)["boundary"], (1...70).contains(boundary.utf8.count),
      boundary.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
    else { throw failure("has no boundary of 1 to 70 characters in its Content-Type") }
    return boundary
  }

  private static func part(head: ArraySlice<UInt8>, bytes: ArraySlice<UInt8>) throws(Refusal) -> Part {
    guard let text = String(validating: head, as: UTF8.self) else { throw failure("has a part whose fields are no UTF-8") }
    for line in text.split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "content-disposition" else { continue }
      let value = String(line[line.index(after: colon)...])
      let parameters = parameters(of: value)
      guard let name = parameters["name"], !name.isEmpty else { break }
      return Part(name: name, fileName: parameters["filename"] ?? "", bytes: bytes)
    }
    throw failure("has a part without a name in its Content-Disposition")
  }

  /// Of `kind; a=b; c="d;e"`.
  package static func parameters(of value: String) -> [String: String] {
    var pieces: [String] = [""]
    var isQuoted = false
    var isEscaped = false
    for character in value {
      if isEscaped {
        pieces[pieces.count - 1].append(character)
        isEscaped = false
      } else if isQuoted && character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == ";" && !isQuoted {
        pieces.append("")
      } else {
        pieces[pieces.count - 1].append(character)
      }
    }
    var parameters: [String: String] = [:]
    for piece in pieces.dropFirst() {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let name = piece[..<equals].filter { $0 != " " && $0 != "\t" }.lowercased()
      if parameters[name] == nil { parameters[name] = String(piece[piece.index(after: equals)...]) }
    }
    return parameters
  }

  /// Where the first occurrence begins.
  private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
    var position = bytes.startIndex
    let last = bytes.endIndex - pattern.count
    while position <= last {
      guard let candidate = bytes[position...last].firstIndex(of: first) else { return nil }
      if bytes[candidate...].starts(with: pattern) { return candidate }
      position = candidate + 1
    }
    return nil
  }

  private static func failure(_ what: String) -> Refusal {
    Refusal(.badRequest, "the form \(what); expected multipart/form-data as RFC 7578 has it, with 'program' and perhaps 'manifest' and files")
  }
}
