import WasmFormat

/// Names for people, never trusted for meaning (Binary.md, "Name Section").
public struct ComponentNames: Sendable {
  public var component: String?
  /// Of the outermost component's index spaces.
  public var functions: [UInt32: String] = [:]
  public var instances: [UInt32: String] = [:]
  public var types: [UInt32: String] = [:]
  public var components: [UInt32: String] = [:]
  public var coreModules: [UInt32: String] = [:]
  public var coreInstances: [UInt32: String] = [:]
  public var coreFunctions: [UInt32: String] = [:]

  public init() {}

  /// Whatever is wrong with them must not make a difference: malformed names count as none.
  init(_ section: Range<Int>?, of bytes: [UInt8]) {
    self.init()
    guard let section else { return }
    if let names = try? ComponentNames(ByteReader(bytes: bytes, range: section)) { self = names }
  }

  private init(_ reader: ByteReader) throws(WasmError) {
    self.init()
    var reader = reader
    while !reader.isAtEnd {
      let start = reader.position
      let id = try reader.byte()
      var part = ByteReader(bytes: reader.bytes, range: try reader.skip(try reader.length()))
      switch id {
      case 0: component = try part.name()
      case 1:
        if let space = try Self.space(&part) { self[keyPath: space] = try Self.names(&part) } else { continue }
      default: throw .malformed("malformed name subsection \(id)", at: start)
      }
      guard part.isAtEnd else { throw .malformed("section size mismatch", at: start) }
    }
  }

  private static func space(_ part: inout ByteReader) throws(WasmError) -> WritableKeyPath<ComponentNames, [UInt32: String]>? {
    switch try part.byte() {
    case 0x00:
      switch try part.byte() {
      case CoreSort.function.rawValue: \.coreFunctions
      case CoreSort.module.rawValue: \.coreModules
      case CoreSort.instance.rawValue: \.coreInstances
      default: nil
      }
    case 0x01: \.functions
    case 0x03: \.types
    case 0x04: \.components
    case 0x05: \.instances
    default: nil
    }
  }

  private static func names(_ part: inout ByteReader) throws(WasmError) -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    for _ in 0..<(try part.length()) {
      let index = try part.unsigned32()
      names[index] = try part.name()
    }
    return names
  }
}
