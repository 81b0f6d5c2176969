import ComponentFormat
import WasmFormat

/// Strings (Canonical ABI, `load_string_from_range`, `store_string_into_range`). What the destination's `realloc` is asked for is what the
/// specification says, since components see it.
extension ValueTransfer {
  func copyString(_ code: FunctionWriter, from source: Place, to destination: Place) throws(LinkingError) {
    try copyList(code, from: source, to: destination) { values throws(LinkingError) in try flatString(values, code) }
  }

  func flatString(_ values: [FunctionWriter.Local], _ code: FunctionWriter) throws(LinkingError) -> [FunctionWriter.Local] {
    let function: ModuleWriter.Function
    if let strings {
      function = strings
    } else {
      function = try stringFunction()
      strings = function
    }
    for value in values { code.get(value) }
    code.call(function)
    let results = [code.local(.i32), code.local(.i32)]
    for result in results.reversed() { code.set(result) }
    return results
  }

  /// `(address, tagged length) -> (address, tagged length)`
  private func stringFunction() throws(LinkingError) -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32], results: [.i32, .i32]))
    let validators = StringValidators(self)
    switch ends.source.encoding {
    case .utf8: try string(.utf8, code, validators)
    case .utf16: try string(.utf16, code, validators)
    case .latin1OrUTF16:
      code.get(code.parameter(1))
      code.i32(0)
      code.op(.i32LtS)
      var fault: LinkingError?
      code.whenTrue {
        // Without the tag.
        code.get(code.parameter(1))
        code.i32(Int(Int32.max))
        code.op(.i32And)
        code.set(code.parameter(1))
        do throws(LinkingError) {
          try string(.utf16, code, validators)
        } catch {
          fault = error
        }
        code.leave()
      }
      if let fault { throw fault }
      try string(.latin1, code, validators)
    }
    return try adapters.define(code, name: "string")
  }

  /// Checks the source, which is of one encoding now, and leaves the destination's address and tagged length.
  private func string(_ encoding: StringUnits, _ code: FunctionWriter, _ validators: StringValidators) throws(LinkingError) {
    let (source, length) = (code.parameter(0), code.parameter(1))
    let bytes = code.local(.i64)
    code.get(length)
    code.op(.i64ExtendI32U)
    code.i64(Int64(encoding.size))
    code.op(.i64Mul)
    code.tee(bytes)
    code.i64(Int64(Self.mostBytes))
    code.op(.i64GtU)
    adapters.trap(code, .stringOutOfBounds)
    checkAlignment(code, source, ends.source.encoding == .utf8 ? 1 : 2, .unalignedPointer)
    checkRange(code, source, sourceMemory, .stringOutOfBounds) { code.get(bytes) }
    try validators.validate(encoding, code, source, length)
    let transcoder = StringTranscoder(self, encoding, code)
    switch (encoding, ends.destination.encoding) {
    case (.utf8, .utf8): transcoder.copy(alignment: 1)
    case (.utf16, .utf16): transcoder.copy(alignment: 2)
    case (.latin1, .latin1OrUTF16): transcoder.copy(alignment: 2)
    case (_, .utf8): transcoder.toUTF8()
    case (_, .utf16): transcoder.toUTF16()
    case (.utf16, .latin1OrUTF16) where ends.source.encoding == .latin1OrUTF16: transcoder.probablyUTF16()
    case (_, .latin1OrUTF16): transcoder.toLatin1OrUTF16()
    }
  }
}

/// An encoding without choices.
enum StringUnits {
  case utf8, utf16, latin1

  /// Of a code unit, in bytes.
  var size: Int { self == .utf16 ? 2 : 1 }
}
