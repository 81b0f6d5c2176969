import WasmFormat

/// Something of the program that a command can call by its number.
public struct ImageExport: Sendable, Hashable {
  /// What the entry point gives.
  public enum Kind: UInt8, Sendable, Hashable {
    case function = 0
    /// Called through a function without parameters that gives the global's value.
    case global = 1
  }

  /// The instance that exports it, by its number in the image.
  public var instance: UInt32
  public var name: String
  public var kind: Kind
  /// The operand of ``Command/Kind/call``.
  public var entryPoint: UInt32
  /// A global's has no parameters and one result.
  public var type: FunctionType

  public init(instance: UInt32, name: String, kind: Kind, entryPoint: UInt32, type: FunctionType) {
    self.instance = instance
    self.name = name
    self.kind = kind
    self.entryPoint = entryPoint
    self.type = type
  }
}

extension ImageExport {
  /// The order of the table: by instance, then by the bytes of the name.
  func precedes(_ instance: UInt32, _ name: String) -> Bool {
    self.instance != instance ? self.instance < instance : self.name.utf8.lexicographicallyPrecedes(name.utf8)
  }

  static func decodeTable(_ bytes: UnsafeRawBufferPointer, instanceCount: UInt32) throws(ImageError) -> [ImageExport] {
    var cursor = ByteCursor(bytes, part: "exports", code: .export)
    var exports: [ImageExport] = []
    while !cursor.isAtEnd {
      let export = try decode(&cursor)
      try export.check(instanceCount: instanceCount)
      if let last = exports.last, !last.precedes(export.instance, export.name) {
        throw ImageError(.order, "the export '\(export.name)' of instance \(export.instance) is out of order or there twice")
      }
      exports.append(export)
    }
    return exports
  }

  private static func decode(_ cursor: inout ByteCursor) throws(ImageError) -> ImageExport {
    let instance = try cursor.uint32()
    let entryPoint = try cursor.uint32()
    let kindCode = try cursor.uint8()
    guard let kind = Kind(rawValue: kindCode) else { throw cursor.failure("an export of the unknown kind \(kindCode)") }
    let nameBytes = try cursor.takeCounted(limit: ImageFormat.exportNameLimit)
    guard let name = String(validating: nameBytes, as: UTF8.self) else { throw cursor.failure("a name is not UTF-8") }
    let type = FunctionType(parameters: try decodeTypes(&cursor), results: try decodeTypes(&cursor))
    return ImageExport(instance: instance, name: name, kind: kind, entryPoint: entryPoint, type: type)
  }

  private static func decodeTypes(_ cursor: inout ByteCursor) throws(ImageError) -> [ValueType] {
    var types: [ValueType] = []
    for byte in try cursor.takeCounted(limit: ImageFormat.signatureLimit) {
      guard let type = ValueType(rawValue: byte) else { throw cursor.failure("\(byte) is no value type") }
      types.append(type)
    }
    return types
  }

  func check(instanceCount: UInt32) throws(ImageError) {
    guard instance < instanceCount else {
      throw ImageError(.export, "the export '\(name)' is of instance \(instance), but there are \(instanceCount)")
    }
    guard entryPoint < ImageFormat.entryPointLimit else {
      throw ImageError(.export, "the export '\(name)' has the entry point \(entryPoint), beyond \(ImageFormat.entryPointLimit)")
    }
    guard name.utf8.count <= ImageFormat.exportNameLimit else {
      throw ImageError(.export, "an export's name has \(name.utf8.count) bytes, more than \(ImageFormat.exportNameLimit)")
    }
    guard max(type.parameters.count, type.results.count) <= ImageFormat.signatureLimit else {
      throw ImageError(.export, "the export '\(name)' has more than \(ImageFormat.signatureLimit) parameters or results")
    }
    guard kind == .function || (type.parameters.isEmpty && type.results.count == 1) else {
      throw ImageError(.export, "the global '\(name)' is not read by a function without parameters and with one result")
    }
  }

  package static func encodeTable(_ exports: [ImageExport]) -> [UInt8] {
    var writer = ByteWriter()
    for export in exports.sorted(by: { $0.precedes($1.instance, $1.name) }) {
      writer.uint32(export.instance)
      writer.uint32(export.entryPoint)
      writer.uint8(export.kind.rawValue)
      writer.counted(export.name.utf8)
      writer.counted(export.type.parameters.map(\.rawValue))
      writer.counted(export.type.results.map(\.rawValue))
    }
    return writer.bytes
  }
}

extension TrustletImage {
  /// Exported beside `_start`, as which it takes part, by images that answer one HTTP request: as frames on standard input, the answer as
  /// frames on standard output. Whoever starts such an image has to know.
  public static let httpExport = "coffer:http"

  /// How many functions can be called by their names and texts; none of a command.
  public var callableCount: Int {
    if isCommand { return 0 }
    return interface.isEmpty ? numericFunctions.count : interface.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// Bytes of ``interface`` at most.
  public static let interfaceLimit = ImageFormat.interfaceLimit

  /// A WASI command.
  public var isCommand: Bool {
    guard instanceCount > 0, let start = export("_start", instance: instanceCount - 1) else { return false }
    return start.kind == .function && start.type == FunctionType()
  }

  /// Exported functions of a module that take and give nothing but numbers; `_initialize` belongs to every start. A component has ``interface``.
  public var numericFunctions: [ImageExport] {
    guard instanceCount > 0 else { return [] }
    return exports.filter { export in
      export.instance == instanceCount - 1 && export.kind == .function && export.name != "_initialize"
        && (export.type.parameters + export.type.results).allSatisfy { [.i32, .i64, .f32, .f64].contains($0) }
    }
  }

  public var answersHTTP: Bool { instanceCount > 0 && export(Self.httpExport, instance: instanceCount - 1)?.kind == .function }
}
