import EdgeCalls

/// The bytes of Guest/machine-kvm-x86_64.S, so that machines can be tried where no assembler is; a test compares the two.
public let kvmMachinePage: [UInt8] = {
  var page = [UInt8](repeating: 0xCC, count: 0x618)
  func put(_ bytes: [UInt8], at offset: Int) { page.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
  put(machineCode("48b8000000800300000089 00 b8ffffffff 89c2 0fae2d66000000 c3"), at: Int(MachinePage.edgeWait))
  put(machineCode("48b80800008003000000 8900c3"), at: Int(MachinePage.edgeDoorbell))
  put(machineCode("31c0c3"), at: Int(MachinePage.edgeGrow))
  // What `xrstor` loads: FCW, MXCSR, and a header without any part in use.
  put([UInt8](repeating: 0, count: 576), at: 0x80)
  put(machineCode("7f03"), at: 0x80)
  put(machineCode("801f"), at: 0x98)
  let trap = 0x3C0
  put(machineCode("5f5e488b1424488b4c2418 fc31ed4883e4f06a00b840004000ffe0"), at: trap)
  for vector in 0..<Int(MachinePage.trapEntryCount) {
    var entry: [UInt8] = [8, 10, 11, 12, 13, 14, 17, 21, 29, 30].contains(vector) ? [] : [0x6A, 0]
    entry += [0x6A, UInt8(vector)]
    let start = Int(MachinePage.trapEntries) + vector * Int(MachinePage.trapEntrySize)
    let short = trap - (start + entry.count + 2)
    if short >= -128 {
      entry += [0xEB, UInt8(truncatingIfNeeded: short)]
    } else {
      entry += [0xE9] + littleEndian(Int32(short - 3))
    }
    put(entry, at: start)
  }
  put(machineCode("bf0600000031f6488d51fe4889e1bc00801800e9b3fdffff"), at: 0x600)
  return page
}()

/// Machine code written as hexadecimal digits; spaces mean nothing.
public func machineCode(_ digits: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var high: UInt8?
  for character in digits {
    guard let value = character.hexDigitValue.map(UInt8.init) else { continue }
    if let upper = high {
      bytes.append(upper << 4 | value)
      high = nil
    } else {
      high = value
    }
  }
  return bytes
}

public func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
}
