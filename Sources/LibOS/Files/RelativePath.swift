/// A path beneath a directory, checked as far as its bytes tell: it is relative and does not climb above where it starts.
/// Symbolic links on the way are the host's to refuse; the image's tree has none.
public struct RelativePath {
  public let bytes: [UInt8]

  /// Linux's limit, less the NUL.
  public static let lengthLimit = 4095

  public init(_ bytes: [UInt8]) throws(SystemError) {
    guard !bytes.isEmpty else { throw .notFound }
    guard !bytes.contains(0) else { throw .invalid }
    guard bytes.count <= RelativePath.lengthLimit else { throw .nameTooLong }
    guard bytes[0] != RelativePath.separator else { throw .notPermitted }
    self.bytes = bytes
    var depth = 0
    var components = Components(bytes)
    while let component = components.next() {
      switch component.kind {
      case .current: break
      case .parent:
        depth -= 1
        guard depth >= 0 else { throw .notPermitted }
      case .name: depth += 1
      }
    }
  }

  static let separator = UInt8(ascii: "/")

  /// Whether the path insists on naming a directory.
  var namesDirectory: Bool { bytes[bytes.count - 1] == RelativePath.separator }

  struct Component {
    enum Kind { case current, parent, name }
    let kind: Kind
    let bytes: ArraySlice<UInt8>
  }

  /// The parts between separators, without the empty ones.
  struct Components {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
    }

    /// What was not looked at yet.
    var rest: ArraySlice<UInt8> { bytes[position...] }
    /// Whether a separator follows.
    var hasSeparator: Bool { position < bytes.count && bytes[position] == RelativePath.separator }
    /// Whether nothing but separators follows.
    var isAtEnd: Bool { !rest.contains { $0 != RelativePath.separator } }

    mutating func next() -> Component? {
      while position < bytes.count, bytes[position] == RelativePath.separator { position += 1 }
      let start = position
      while position < bytes.count, bytes[position] != RelativePath.separator { position += 1 }
      guard position > start else { return nil }
      let dot = UInt8(ascii: ".")
      let kind: Component.Kind
      switch position - start {
      case 1 where bytes[start] == dot: kind = .current
      case 2 where bytes[start] == dot && bytes[start + 1] == dot: kind = .parent
      default: kind = .name
      }
      return Component(kind: kind, bytes: bytes[start..<position])
    }
  }
}
