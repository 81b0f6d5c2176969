// sources: Sources/WasmFormat
// seed: 0061736d01000000
// seed: 0061736d01000000010f0360027f7e027d7c60017f0060000002160301610166000101610167037f0001610174016f000103030200020405017001030a050401010102060f027e0142809ce8af6d0b7000d2010b070902016d020001660001080102091703020141000b00020102057002d2010bd0700b030001020c01020add0102d70103027f017c016f027f03402000450d000b41afa07b0b047e20022d00ac02ad0542030b240102400240024020000e03000102000b0b410110000b4100420141021100011a1a4108440000000000000440390300d070d20141011c01701a44000000000000f03ffc021a410041004101fc080100fc0901410041004101fc0a0000410041004101fc0b00410041004101fc0c0101fc0d01410041004101fc0e01014100d0704101fc1101d0704101fc0f011afc10011a41004101250126012005d11a3f0040001a430000803f4400000000000000400f000b02000b0b14020041040b0568656c6c6f0107706173736976650039046e616d650002016d010c030003696d70010166020173020703000001000200040401000174050401010175070b0300026967010167020172
// seed: 0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b
// seed: 0061736d01000000010c0360017f00600001696000000208010161017404000003030202010d03010002070501017404010a2902140002401f4002000100020008010b0b410108000b1201016902691f400201010003000b000b0a0b
import WasmFormat

/// Whatever the bytes are: no trap, no hang, no memory out of proportion, and what decoding has accepted can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func decodeModule(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: data, count: count))
  decode(bytes, .default)
  // As core modules in components are.
  var limits = DecodingLimits.default
  (limits.allowsSeveralMemories, limits.allowsExtendedConstants, limits.allowsExceptions) = (true, true, true)
  decode(bytes, limits)
  return 0
}

private func decode(_ bytes: [UInt8], _ limits: DecodingLimits) {
  do {
    let module = try Module.decode(bytes, limits: limits)
    let isValid = validates(module)
    for (index, body) in module.code.enumerated() {
      readAll(body, of: module, mayBreakRules: !isValid)
      let function = UInt32(module.importedFunctionCount + index)
      _ = module.functionName(function)
      precondition(!isValid || module.functionType(function) != nil, "a valid module has a function without a type")
    }
    for segment in module.data {
      precondition(segment.range.clamped(to: bytes.indices) == segment.range, "data outside the module")
    }
  } catch {
    check(error, bytes.count)
  }
}

private func validates(_ module: Module) -> Bool {
  do {
    try module.validate()
    return true
  } catch {
    precondition(error.kind == .invalid || error.kind == .limit, "decoding let pass: \(error)")
    check(error, module.bytes.count)
    return false
  }
}

private func check(_ error: WasmError, _ count: Int) {
  precondition((0...count).contains(error.offset), "error outside the module")
  precondition(error.description.utf8.count < 2_000, "error message out of proportion")
}

private func readAll(_ body: FunctionBody, of module: Module, mayBreakRules: Bool) {
  var reader = InstructionReader(module: module, range: body.range)
  while true {
    let before = reader.offset
    do {
      guard let instruction = try reader.next() else { break }
      precondition(!instruction.mnemonic.isEmpty)
    } catch {
      precondition(mayBreakRules && error.kind == .invalid, "an accepted body cannot be read: \(error)")
    }
    precondition(reader.offset > before, "no progress")
  }
  precondition(reader.offset == body.range.upperBound)
}
