import Monitor

/// HOST[::GUEST][:ro|:rw]; GUEST is HOST where it is left out, and `:ro` the default.
public struct DirectoryArgument: Sendable {
  public let directory: EdgeServiceConfiguration.Directory

  public init?(argument: String) {
    var text = Substring(argument)
    let writable = text.hasSuffix(":rw")
    let saysRights = writable || text.hasSuffix(":ro")
    if saysRights { text = text.dropLast(":rw".count) }
    var host = text
    var guest = text
    if let range = text.range(ofSeparator: "::") {
      host = text[..<range.lowerBound]
      guest = text[range.upperBound...]
      // Rights that are none, such as ":rx", are no part of a name; a name with a colon in its last part has rights behind it.
      let last = guest.lastIndex(of: "/").map { guest[$0...] } ?? guest
      guard saysRights || !last.contains(":") else { return nil }
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
