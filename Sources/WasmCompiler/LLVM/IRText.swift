import WasmFormat

/// LLVM IR as it is written, line by line.
struct IRText {
  private(set) var bytes: [UInt8] = []

  mutating func line(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  mutating func append(_ other: IRText) { bytes.append(contentsOf: other.bytes) }

  /// `c"..."`, every byte that is not plain text as two hexadecimal digits.
  mutating func string(_ contents: ArraySlice<UInt8>) {
    bytes.reserveCapacity(bytes.count + contents.count * 3 + 3)
    bytes.append(UInt8(ascii: "c"))
    bytes.append(UInt8(ascii: "\""))
    for byte in contents {
      if byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(Self.digits[Int(byte >> 4)])
        bytes.append(Self.digits[Int(byte & 15)])
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}

extension ValueType {
  /// The LLVM type that carries a value. An external reference is the host's number plus one, so that null is zero.
  var ir: String {
    switch self {
    case .i32: "i32"
    case .i64, .externref: "i64"
    case .f32: "float"
    case .f64: "double"
    case .v128: "<16 x i8>"
    case .funcref: "ptr"
    case .exnref: LLVMGenerator.exceptionType
    }
  }

  var irZero: String {
    switch self {
    case .i32, .i64, .externref: "0"
    case .f32, .f64: "0.0"
    case .v128, .exnref: "zeroinitializer"
    case .funcref: "null"
    }
  }

  fileprivate var letter: String {
    switch self {
    case .i32: "i"
    case .i64: "I"
    case .f32: "f"
    case .f64: "F"
    case .v128: "v"
    case .funcref: "r"
    case .externref: "x"
    case .exnref: "e"
    }
  }
}

extension FunctionType {
  var irResult: String {
    switch results.count {
    case 0: "void"
    case 1: results[0].ir
    default: "{ " + results.map(\.ir).joined(separator: ", ") + " }"
    }
  }

  var irParameters: String { parameters.map(\.ir).joined(separator: ", ") }

  /// The symbol whose address stands for this type in call_indirect: one for each structure of type in a program, made
  /// one by the linker, so that modules compiled apart agree without a registry.
  var typeSymbol: String {
    "type." + parameters.map(\.letter).joined() + "." + results.map(\.letter).joined()
  }
}
