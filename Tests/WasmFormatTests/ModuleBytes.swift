/// Puts modules together byte by byte, so that tables of good and bad ones stay readable.
enum ModuleBytes {
  static let header: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]

  static func unsigned(_ value: Int) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  static func section(_ id: UInt8, _ contents: [UInt8]) -> [UInt8] { [id] + unsigned(contents.count) + contents }

  static func vector(_ items: [[UInt8]]) -> [UInt8] { unsigned(items.count) + items.flatMap { $0 } }

  static func name(_ text: String) -> [UInt8] { unsigned(text.utf8.count) + Array(text.utf8) }

  static func custom(_ title: String, _ contents: [UInt8]) -> [UInt8] { section(0, name(title) + contents) }

  static func module(_ sections: [UInt8]...) -> [UInt8] { header + sections.flatMap { $0 } }

  static func type(_ parameters: [UInt8] = [], _ results: [UInt8] = []) -> [UInt8] {
    [0x60] + vector(parameters.map { [$0] }) + vector(results.map { [$0] })
  }

  /// A module of one function of this type, with declared locals and instructions (their last `end` included).
  static func function(
    type: [UInt8] = type(), locals: [UInt8] = [0x00], _ instructions: [UInt8], before: [UInt8] = [], after: [UInt8] = []
  ) -> [UInt8] {
    let body = locals + instructions
    return header + section(1, vector([type])) + section(3, vector([[0x00]])) + before
      + section(10, vector([unsigned(body.count) + body])) + after
  }
}
