import EdgeCalls
import Monitor
import Testing
import TrustletImage

/// One kind of access to memory: an instruction of specification 4.4.6.
private struct Access: Sendable {
  let instruction: String
  let width: UInt64
  let isStore: Bool
  /// Of the value on the operand stack.
  let type: String
  var isSigned: Bool { instruction.hasSuffix("_s") }

  init(_ instruction: String, _ width: UInt64) {
    self.instruction = instruction
    self.width = width
    isStore = instruction.contains("store")
    type = String(instruction.prefix(3))
  }

  static let all = [
    Access("i32.load", 4), Access("i64.load", 8), Access("f32.load", 4), Access("f64.load", 8),
    Access("i32.load8_s", 1), Access("i32.load8_u", 1), Access("i32.load16_s", 2), Access("i32.load16_u", 2),
    Access("i64.load8_s", 1), Access("i64.load8_u", 1), Access("i64.load16_s", 2), Access("i64.load16_u", 2),
    Access("i64.load32_s", 4), Access("i64.load32_u", 4),
    Access("i32.store", 4), Access("i64.store", 8), Access("f32.store", 4), Access("f64.store", 8),
    Access("i32.store8", 1), Access("i32.store16", 2),
    Access("i64.store8", 1), Access("i64.store16", 2), Access("i64.store32", 4),
  ]

  /// Constant parts of the address.
  static let offsets: [UInt64] = [0, 1, 4, 7, 65528, 65535, 65536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF]

  func export(_ offset: UInt64) -> String { "\(instruction)+\(offset)" }

  /// Takes the index and, for a store, the value's bits; gives a loaded value's bits.
  func function(_ offset: UInt64) -> String {
    let (reinterpret, back) =
      switch type {
      case "i32": ("i32.wrap_i64", "i64.extend_i32_u")
      case "f32": ("(f32.reinterpret_i32 (i32.wrap_i64", "i64.extend_i32_u (i32.reinterpret_f32")
      case "f64": ("f64.reinterpret_i64", "i64.reinterpret_f64")
      default: ("", "")
      }
    let name = "(func (export \"\(export(offset))\")"
    if isStore {
      var value = "(local.get 1)"
      if !reinterpret.isEmpty {
        value = reinterpret.hasPrefix("(") ? "\(reinterpret) (local.get 1)))" : "(\(reinterpret) (local.get 1))"
      }
      return "\(name) (param i32 i64) (\(instruction) offset=\(offset) (local.get 0) \(value)))"
    }
    let load = "(\(instruction) offset=\(offset) (local.get 0))"
    let result = back.isEmpty ? load : back.contains("(") ? "(\(back) \(load)))" : "(\(back) \(load))"
    return "\(name) (param i32) (result i64) \(result))"
  }

  /// What a load gives for these bytes, as the function above returns it.
  func loaded(_ bytes: some Sequence<UInt8>) -> UInt64 {
    let raw = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard isSigned, width < 8, raw >> (width * 8 - 1) == 1 else { return raw }
    let extended = raw | UInt64.max << (width * 8)
    return type == "i32" ? extended & 0xFFFF_FFFF : extended
  }
}

private let accessProgram: TestProgram = {
  var manifest = Manifest()
  manifest.memory = .gibibytes(5)
  let functions = Access.all.flatMap { access in Access.offsets.map(access.function) }
  return TestProgram(
    """
    (module (memory 0 65536)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "size") (result i32) (memory.size))
      \(MemoryPattern.functions)
      (func (export "peek") (param i32) (result i64) (i64.load (local.get 0)))
      \(functions.joined(separator: "\n"))
    )
    """, manifest: manifest)
}()

/// Index and offset are both constants, which compilers add up on their own.
private let constantAddressPairs: [(index: UInt64, offset: UInt64)] = {
  let edges: [UInt64] = [
    0, 1, 65532, 65533, 65536, 0xFF_FFFC, 0xFF_FFFF, 0x100_0000, 0x3FFF_FFFF, 0x4000_0000, 0x7FFF_FFFF, 0x8000_0000, 0xBFFF_FFFF, 0xC000_0000,
    0xFFFF_FFFC, 0xFFFF_FFFF,
  ]
  return edges.flatMap { index in edges.map { (index, $0) } }
}()

private let constantAddressProgram: TestProgram = {
  let functions = constantAddressPairs.map { index, offset in
    """
    (func (export "load \(index)+\(offset)") (result i32) (i32.load offset=\(offset) (i32.const \(index))))
    (func (export "store \(index)+\(offset)") (i32.store offset=\(offset) (i32.const \(index)) (i32.const 7)))
    """
  }
  return TestProgram("(module (memory 1) \(functions.joined(separator: "\n")))")
}()

extension RunningTests {
  /// Specification 4.4.6: an access traps exactly when its last byte lies beyond the memory; index and offset are added without wrapping.
  @Suite struct MemoryAccessTests {
    /// Addresses worth an access of this width in a memory of this size.
    private static func addresses(_ size: UInt64, _ width: UInt64) -> [UInt64] {
      let edges: [UInt64] = [0, 4096, 65536, size + 4096, size + 65536, 1 << 31, 1 << 32, (1 << 32) + size]
      var addresses = Set(edges.flatMap { edge in [edge, edge &- 1, edge &- width, edge &- width &+ 1, edge + 1] })
      // Every way to reach over the end.
      addresses.formUnion((0...9).map { size &- $0 } + [size + 1, size + 8])
      addresses.insert((1 << 33) - 2)
      addresses.insert((1 << 33) - 3)
      return addresses.filter { $0 < 1 << 33 }.sorted()
    }

    @Test(arguments: Variant.all) func trapsExactlyBeyondTheEnd(variant: Variant) throws {
      let program = try accessProgram.start(variant)
      var pages: UInt64 = 0
      for growth: UInt64 in [0, 1, 2] {
        try #require(try program.value("grow", growth) == pages)
        pages += growth
        let size = pages << 16
        _ = try program.call("fill", 0, size)
        for access in Access.all { try check(access, size, program) }
        #expect(try program.value("changed", 0, size) == 0)
      }
    }

    @Test(arguments: MemoryPlace.allCases) func largestMemory(place: MemoryPlace) throws {
      let program = try accessProgram.start(Variant(optimization: .speed, place: place))
      try #require(try program.value("grow", 65536) == 0)
      try #require(try program.value("size") == 65536)
      let size: UInt64 = 1 << 32
      _ = try program.call("fill", 0, 16384)
      _ = try program.call("fill", 0xFFFF_0000, 0xFFFF_FFFF)
      for access in Access.all {
        for offset in Access.offsets {
          for address in Self.addresses(size, access.width) where address >= size - 9 && address >= offset {
            guard let index = UInt32(exactly: address - offset) else { continue }
            let fits = address + access.width <= size
            let outcome = try program.call(access.export(offset), access.isStore ? [UInt64(index), 0] : [UInt64(index)])
            #expect(outcome.trapKind == (fits ? nil : .outOfBoundsMemoryAccess), "\(access.export(offset)) at \(address): \(outcome)")
          }
        }
      }
    }

    @Test(arguments: Variant.all) func constantAddresses(variant: Variant) throws {
      let program = try constantAddressProgram.start(variant)
      for (index, offset) in constantAddressPairs {
        let expected: TrapKind? = index + offset + 4 <= 65536 ? nil : .outOfBoundsMemoryAccess
        #expect(try program.call("store \(index)+\(offset)").trapKind == expected, "\(index)+\(offset)")
        let loaded = try program.call("load \(index)+\(offset)")
        #expect(loaded.trapKind == expected, "\(index)+\(offset)")
        if expected == nil { #expect(loaded == .finished([CommandSlot(low: 7)]), "\(index)+\(offset)") }
      }
    }

    private func check(_ access: Access, _ size: UInt64, _ program: RunningProgram) throws {
      // Not the pattern, in any byte.
      let value: UInt64 = 0xF1E2_D3C4_B5A6_9788
      for offset in Access.offsets {
        for address in Self.addresses(size, access.width) where address >= offset {
          guard let index = UInt32(exactly: address - offset) else { continue }
          let place: Comment = "\(access.export(offset)) at \(address), memory of \(size)"
          let outcome = try program.call(access.export(offset), access.isStore ? [UInt64(index), value] : [UInt64(index)])
          guard address + access.width <= size else {
            #expect(outcome.trapKind == .outOfBoundsMemoryAccess, place)
            // A store that reaches over the end must not have begun.
            if access.isStore && address < size {
              #expect(try program.value("changed", size - 16, size) == 0, place)
            }
            continue
          }
          guard case .finished(let slots) = outcome else {
            Issue.record("\(place): \(outcome)")
            continue
          }
          if access.isStore {
            try checkStored(value, address, access, size, program, place)
          } else {
            #expect(slots.first?.low == access.loaded((0..<access.width).map { MemoryPattern.byte(address + $0) }), place)
          }
        }
      }
    }

    /// What was stored is there, its neighbours are as they were; and then makes it as it was.
    private func checkStored(
      _ value: UInt64, _ address: UInt64, _ access: Access, _ size: UInt64, _ program: RunningProgram, _ place: Comment
    ) throws {
      let start = min(address, size - 8)
      let peeked = try program.value("peek", start)
      let expected = (0..<UInt64(8)).reversed().reduce(UInt64(0)) { (result: UInt64, byte: UInt64) -> UInt64 in
        let position = start + byte
        guard position >= address, position < address + access.width else { return result << 8 | UInt64(MemoryPattern.byte(position)) }
        return result << 8 | (value >> ((position - address) * 8)) & 0xFF
      }
      #expect(peeked == expected, place)
      let (before, after) = (address > 8 ? address - 8 : 0, min(address + access.width + 8, size))
      let changed = (0..<access.width).count { UInt8(truncatingIfNeeded: value >> ($0 * 8)) != MemoryPattern.byte(address + $0) }
      #expect(try program.value("changed", before, after) == UInt64(changed), place)
      _ = try program.call("fill", address, address + access.width)
    }
  }
}
