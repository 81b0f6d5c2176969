/// Features of WebAssembly that the decoder does not know, told apart by the code they begin with, so that an error names what the
/// compiler was asked for and not only a byte.
enum UnsupportedFeature: String {
  case tailCalls = "tail calls"
  case typedReferences = "typed function references"
  case garbageCollection = "garbage collection"
  case threads = "threads (shared memory and atomic instructions)"
  case relaxedVectors = "relaxed SIMD"
  case wideAddresses = "memories or tables of 64-bit addresses"
  case pageSizes = "custom page sizes"
  case wideArithmetic = "wide arithmetic"
  case earlierExceptions =
    "exceptions as they were before WebAssembly 3.0 (clang makes those of 3.0 with -mllvm -wasm-use-legacy-eh=false, Emscripten with -sWASM_LEGACY_EXCEPTIONS=0)"
  case exceptions = "exceptions"

  /// For the end of a message.
  var note: String { ": this belongs to \(rawValue), which is not supported" }

  static func note(opcode: UInt8) -> String {
    switch opcode {
    case 0x06, 0x07, 0x09, 0x18, 0x19: earlierExceptions.note
    case 0x08, 0x0A, 0x1F: exceptions.note
    case 0x12, 0x13: tailCalls.note
    case 0x14, 0x15, 0xD4, 0xD5, 0xD6: typedReferences.note
    case 0xD3, 0xFB: garbageCollection.note
    case 0xFE: threads.note
    default: ""
    }
  }

  /// Of an opcode behind 0xFC.
  static func note(numericOpcode: UInt32) -> String { 19...22 ~= numericOpcode ? wideArithmetic.note : "" }

  /// Of an opcode behind 0xFD.
  static func note(vectorOpcode: UInt32) -> String { 256...275 ~= vectorOpcode ? relaxedVectors.note : "" }

  static func note(typeCode: UInt8) -> String {
    switch typeCode {
    case 0x63, 0x64: typedReferences.note
    case 0x65, 0x6A...0x6E, 0x71...0x73, 0x77, 0x78, 0x4E...0x50, 0x5E, 0x5F: garbageCollection.note
    case 0x69, 0x74: exceptions.note
    default: ""
    }
  }

  /// Of the flags before a memory's or table's limits, of which only the lowest bit is known.
  static func note(limitsFlags: UInt8) -> String {
    if limitsFlags >= 16 { return "" }
    if limitsFlags & 8 != 0 { return pageSizes.note }
    return limitsFlags & 2 != 0 ? threads.note : limitsFlags & 4 != 0 ? wideAddresses.note : ""
  }
}
