import Monitor

/// HOST[::GUEST][:rw]; GUEST is HOST where it is left out.
public struct DirectoryArgument: Sendable {
  public let directory: EdgeServiceConfiguration.Directory

  public init?(argument: String) {
    var text = Substring(argument)
    let writable = text.hasSuffix(":rw")
    if writable { text = text.dropLast(":rw".count) }
    var host = text
    var guest = text
    if let range = text.range(ofSeparator: "::") {
      host = text[..<range.lowerBound]
      guest = text[range.upperBound...]
    }
    guard !host.isEmpty, !guest.isEmpty else { return nil }
    directory = EdgeServiceConfiguration.Directory(
      hostPath: String(host), guestPath: String(guest), writable: writable)
  }
}

extension Substring {
  fileprivate func range(ofSeparator separator: String) -> Range<Index>? {
    var position = startIndex
    while position < endIndex {
      if self[position...].hasPrefix(separator) {
        return position..<index(position, offsetBy: separator.count)
      }
      position = index(after: position)
    }
    return nil
  }
}
