import WasmFormat

/// What an import or export says of itself besides its name (`attribute`).
public struct NameAttributes: Sendable, Hashable {
  /// The interface that an instance implements.
  public var implements: InterfaceName?
  /// What was cut off the version to make it canonical.
  public var versionSuffix: String?
  /// How the host calls it.
  public var externalID: String?

  public init() {}
}

/// `nameattributes`, as read and checked for its grammar.
struct AttributedName {
  var text: String
  var name: ExternName
  var attributes = NameAttributes()
  var offset: Int
}

extension ComponentDecoder {
  mutating func attributedName() throws(WasmError) -> AttributedName {
    let start = reader.position
    let form = try reader.byte()
    guard form <= 2 else { throw .leadingByte(form, "component name", at: start) }
    let offset = reader.position
    let text = try boundedName()
    var raw: [(kind: UInt8, text: String, offset: Int)] = []
    if form == 2 {
      for _ in 0..<(try reader.length()) {
        let offset = reader.position
        let kind = try reader.byte()
        guard kind <= 2 else { throw .leadingByte(kind, "name option", at: offset) }
        raw.append((kind, try boundedName(), offset))
        let most = 3
        guard raw.count <= most else {
          throw .invalid("duplicate option in name: \(raw.count) options found, \(most) kinds", at: offset)
        }
      }
    }
    do throws(NameFault) {
      var name = AttributedName(text: text, name: try ExternName(text), offset: offset)
      for attribute in raw { try name.add(attribute.kind, attribute.text) }
      return name
    } catch {
      throw .invalid("\(quoted(text)) is not a valid extern name: \(error.message)", at: offset)
    }
  }

  private mutating func boundedName() throws(WasmError) -> String {
    let start = reader.position
    let name = try reader.name()
    guard name.utf8.count <= limits.nameLength else {
      throw .overLimit("name too long", found: name.utf8.count, allowed: limits.nameLength, at: start)
    }
    return name
  }
}

extension AttributedName {
  fileprivate mutating func add(_ kind: UInt8, _ value: String) throws(NameFault) {
    switch kind {
    case 0:
      guard attributes.implements == nil else { throw NameFault("duplicate 'implements' option in name") }
      guard case .plain = name else { throw NameFault("name \(quoted(text)) is not valid with `implements`") }
      guard value.utf8.contains(UInt8(ascii: ":")) else { throw NameFault("\(quoted(value)) must be an interface name") }
      attributes.implements = try InterfaceName(value)
    case 1:
      guard attributes.versionSuffix == nil else { throw NameFault("duplicate 'versionsuffix' option in name") }
      guard case .interface(let interface) = name, let version = interface.version,
        SemanticVersion.isCanonical(version.utf8)
      else { throw NameFault("name \(quoted(text)) has no canonical version for `versionsuffix`") }
      guard SemanticVersion.isValid((version + value).utf8) else {
        throw NameFault("\(quoted(version + value)) is not a version")
      }
      attributes.versionSuffix = value
    default:
      guard attributes.externalID == nil else { throw NameFault("duplicate 'external-id' option in name") }
      attributes.externalID = value
    }
  }
}

extension WasmError {
  static func leadingByte(_ byte: UInt8, _ what: String, at offset: Int) -> WasmError {
    .malformed("invalid leading byte (0x\(String(byte, radix: 16))) for \(what)", at: offset)
  }
}
