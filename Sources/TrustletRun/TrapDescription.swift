import Monitor
import TrustletImage
import WasmFormat

/// A trap in words: its name, the function, where in the module.
public struct TrapDescription: Sendable, CustomStringConvertible {
  public let trap: Trap
  /// As the module's name section or its exports have it.
  public let function: String?
  public let functionIndex: UInt32?
  /// Bytes from the beginning of the module.
  public let offset: UInt32?

  public init(_ trap: Trap, in image: TrustletImage) {
    self.trap = trap
    let location = image.describe(address: trap.report.instruction)
    offset = location?.wasmOffset
    // "i0.f12.name": instance, function index, name (ProgramLinker). "i0.f12:3.name" is code within that, in a block that catches.
    let parts = (location?.sourceFunction ?? location?.function ?? "").split(separator: ".", maxSplits: 2)
    if parts.count >= 2, parts[0].hasPrefix("i"), parts[1].hasPrefix("f"), let index = UInt32(parts[1].dropFirst().prefix { $0 != ":" }) {
      functionIndex = index
      function = parts.count == 3 ? String(parts[2]) : nil
    } else {
      functionIndex = nil
      function = location?.function
    }
  }

  private static func place(inLibraryOS name: String) -> String {
    let wasi = "wasi_snapshot_preview1_"
    if name.hasSuffix(".initialise") { return ", while the program was initialised" }
    if name.hasPrefix(wasi) { return ", in the imported function \(quoted(String(name.dropFirst(wasi.count)))), for what the program passed to it" }
    return ", in the library OS, on behalf of the program"
  }

  public var description: String {
    var text = "trap: \(trap.kind.phrase)"
    switch (function, functionIndex) {
    case (let name?, let index?): text += ", in function \(quoted(name)) (\(index))"
    case (nil, let index?): text += ", in function \(index)"
    case (let name?, nil): text += Self.place(inLibraryOS: name)
    case (nil, nil): text += ", at native address 0x\(String(trap.report.instruction, radix: 16))"
    }
    if let offset { text += ", at offset 0x\(String(offset, radix: 16)) of the module" }
    return text
  }
}
