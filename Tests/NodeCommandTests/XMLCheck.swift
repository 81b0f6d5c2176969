/// Whether each element that begins also ends, in order: enough to tell that nothing was put between unescaped.
enum XMLCheck {
  static func isWellFormed(_ text: String) -> Bool {
    var open: [Substring] = []
    var rest = text[...]
    while let begin = rest.firstIndex(of: "<") {
      guard let end = rest[begin...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: begin)..<end]
      guard !tag.contains("<"), let name = tag.split(separator: " ").first else { return false }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
      rest = rest[rest.index(after: end)...]
    }
    return open.isEmpty
  }
}
