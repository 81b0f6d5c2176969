/// What a compiler printed, made fit for a terminal.
///
/// Part of it is the module author's text; an escape sequence in it would be obeyed by the reader's terminal.
package enum Diagnostics {
  package static let limit = 64 * 1024

  /// Text without control characters, cut to a limit.
  package static func text(_ bytes: [UInt8]) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
      let isControl = (scalar.value < 32 && scalar != "\n" && scalar != "\t") || (127...159).contains(scalar.value)
      // Bidirectional overrides make a line read as something else.
      let reorders = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      scalars.append(isControl || reorders ? "?" : scalar)
    }
    while scalars.last == "\n" { scalars.removeLast() }
    return String(scalars)
  }

  /// What a process printed to standard error, with one name put in the place of another.
  package static func text(of file: MemoryFile, replacing names: [(String, String)]) -> String {
    var text = text((try? readStart(from: file.descriptor, count: limit)) ?? [])
    for (name, replacement) in names {
      text = text.split(separator: name, omittingEmptySubsequences: false).joined(separator: replacement)
    }
    return text
  }
}
