import EdgeCalls

/// A path that a guest sent: not empty, relative, UTF-8, without NUL, and short enough.
struct GuestPath {
  static let lengthLimit = 4095
  static let nameLengthLimit = 255

  /// Ends with NUL.
  let text: [CChar]

  init(_ bytes: [UInt8]) throws(CallFailure) {
    guard let first = bytes.first else { throw .notFound }
    guard bytes.count <= Self.lengthLimit else { throw .nameTooLong }
    guard !bytes.contains(0) else { throw .invalid }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .illegalByteSequence }
    guard first != Self.slash else { throw .permission }
    text = bytes.map { CChar(bitPattern: $0) } + [0]
  }

  private static let slash = UInt8(ascii: "/")

  /// The path's end: what the calls that make, remove or rename something act on, in the directory that the rest leads to.
  struct End {
    enum Name {
      /// A single component, no link of which is followed. With a slash behind it when the path had one, which means that only a
      /// directory will do; none of the calls that take it follow a link for that.
      case entry([CChar])
      case here
      case parent
    }

    /// Ends with NUL. Nil: the directory that the path is relative to.
    let directory: [CChar]?
    let name: Name
    let hasTrailingSlash: Bool
  }

  func end() -> End {
    let slash = CChar(bitPattern: Self.slash)
    let dot = CChar(bitPattern: UInt8(ascii: "."))
    let path = text.dropLast()
    // The path is not empty and does not start with a slash, so a name remains.
    let trimmed = path.dropLast(while: { $0 == slash })
    let hasTrailingSlash = trimmed.count < path.count
    let name: ArraySlice<CChar>
    let directory: [CChar]?
    if let last = trimmed.lastIndex(of: slash) {
      name = trimmed[(last + 1)...]
      directory = trimmed[..<last] + [0]
    } else {
      name = trimmed
      directory = nil
    }
    let kind: End.Name =
      if name == [dot] {
        .here
      } else if name == [dot, dot] {
        .parent
      } else {
        .entry(name + (hasTrailingSlash ? [slash, 0] : [0]))
      }
    return End(directory: directory, name: kind, hasTrailingSlash: hasTrailingSlash)
  }
}

extension ArraySlice {
  fileprivate func dropLast(while condition: (Element) -> Bool) -> Self {
    var end = endIndex
    while end > startIndex, condition(self[end - 1]) { end -= 1 }
    return self[startIndex..<end]
  }
}
