/// The members of an object that is a message, each taken once by name. What is not understood is an error where it could matter.
package struct MessageMembers {
  let message: String
  private let members: [JSONMember]

  package init(_ value: JSONValue?, _ message: String) throws(MalformedMessage) {
    guard case .object(let members)? = value else { throw MalformedMessage(message, found: value?.kind ?? "nothing", wanted: "an object") }
    (self.message, self.members) = (message, members)
  }

  package subscript(name: String) -> JSONValue? { members.first { $0.name == name }?.value }

  package func only(_ known: Set<String>) throws(MalformedMessage) {
    if let other = members.first(where: { !known.contains($0.name) }) {
      throw MalformedMessage(message, found: "a member '\(other.name)'", wanted: "only \(known.sorted().joined(separator: ", "))")
    }
  }

  package func text(_ name: String, atMost count: Int = 1024) throws(MalformedMessage) -> String {
    guard let text = self[name]?.text, text.utf8.count <= count else {
      let found = self[name].map { $0.text == nil ? $0.kind : "text that is longer" } ?? "nothing"
      throw MalformedMessage("\(message), \(name)", found: found, wanted: "text of at most \(count) bytes")
    }
    return text
  }

  /// Bytes as base64url without padding.
  package func bytes(_ name: String, _ counts: ClosedRange<Int>) throws(MalformedMessage) -> [UInt8] {
    guard let text = self[name]?.text else {
      throw MalformedMessage("\(message), \(name)", found: self[name]?.kind ?? "nothing", wanted: "base64url")
    }
    guard text.utf8.count <= counts.upperBound / 3 * 4 + 4, let bytes = Base64.bytes(urlText: text), counts.contains(bytes.count) else {
      let wanted = counts.count == 1 ? "\(counts.lowerBound) bytes" : "\(counts.lowerBound) to \(counts.upperBound) bytes"
      throw MalformedMessage("\(message), \(name)", found: "\(text.utf8.count) characters", wanted: "\(wanted) as base64url without padding")
    }
    return bytes
  }
}
