import CodeObjects
import Coffer
import EdgeCalls
import KVMMachine
import Monitor
import Testing
import TrustletImage

/// One vector instruction that reaches memory (the specification's 4.4.6 for vectors), for one lane where it is about one.
private struct VectorAccess: Sendable {
  let instruction: String
  /// Bytes of memory.
  let width: UInt64
  var lane: Int?

  var isStore: Bool { instruction.contains("store") }
  var name: String { lane.map { "\(instruction) \($0)" } ?? instruction }

  static let all: [VectorAccess] =
    [
      ("v128.load", 16), ("v128.load8x8_s", 8), ("v128.load8x8_u", 8), ("v128.load16x4_s", 8), ("v128.load16x4_u", 8), ("v128.load32x2_s", 8),
      ("v128.load32x2_u", 8), ("v128.load8_splat", 1), ("v128.load16_splat", 2), ("v128.load32_splat", 4), ("v128.load64_splat", 8),
      ("v128.load32_zero", 4), ("v128.load64_zero", 8), ("v128.store", 16),
    ].map { VectorAccess(instruction: $0, width: $1) }
    + [8, 16, 32, 64].flatMap { bits in
      ["load", "store"].flatMap { kind in
        (0..<128 / bits).map { VectorAccess(instruction: "v128.\(kind)\(bits)_lane", width: UInt64(bits / 8), lane: $0) }
      }
    }

  /// What loads of a lane put it into, and what is stored: no byte of it is the pattern's neighbour.
  static let vector: [UInt8] = (0..<16).map { UInt8(0xF0 - 13 * $0) }
  private static let constant = "(v128.const i8x16 \(vector.map { "\($0)" }.joined(separator: " ")))"

  static let offsets: [UInt64] = [0, 15, 65520]

  func export(_ offset: UInt64) -> String { "\(name)+\(offset)" }

  func function(_ offset: UInt64) -> String {
    let operands = "offset=\(offset)" + (lane.map { " \($0)" } ?? "") + " (local.get 0)" + (isStore || lane != nil ? " \(Self.constant)" : "")
    return "(func (export \"\(export(offset))\") (param i32)\(isStore ? "" : " (result v128)") (\(instruction) \(operands)))"
  }

  /// The bytes that a store writes.
  var stored: ArraySlice<UInt8> { Self.vector[(lane ?? 0) * Int(width)..<((lane ?? 0) + 1) * Int(width)] }

  /// What a load makes of these bytes.
  func loaded(_ bytes: [UInt8]) -> [UInt8] {
    if let lane {
      var vector = Self.vector
      vector.replaceSubrange(lane * bytes.count..<(lane + 1) * bytes.count, with: bytes)
      return vector
    }
    if instruction.hasSuffix("splat") { return Array(repeatElement(bytes, count: 16 / bytes.count).joined()) }
    if instruction.hasSuffix("zero") { return bytes + Array(repeating: 0, count: 16 - bytes.count) }
    guard instruction.contains("x") else { return bytes }
    let half = instruction.contains("8x8") ? 1 : instruction.contains("16x4") ? 2 : 4
    return stride(from: 0, to: bytes.count, by: half).flatMap { start in
      let lane = bytes[start..<start + half]
      let isNegative = instruction.hasSuffix("_s") && (lane.last ?? 0) >= 0x80
      return lane + Array(repeating: isNegative ? 0xFF : 0, count: half)
    }
  }
}

private let vectorProgram = TestProgram(
  """
  (module (memory 1 2)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    \(MemoryPattern.functions)
    \(VectorAccess.all.flatMap { access in VectorAccess.offsets.map(access.function) }.joined(separator: "\n")))
  """)

extension CommandSlot {
  fileprivate var bytes: [UInt8] { [low, high].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (8 * UInt64($0))) } } }
}

extension RunningTests {
  /// Vectors at the end of a memory: the last place that holds them, every place that holds a part, and those beyond.
  @Suite struct VectorAccessTests {
    struct Case: Sendable, CustomTestStringConvertible {
      let variant: Variant
      let machine: MachineChoice
      var testDescription: String { "\(variant.testDescription), machine \(machine.rawValue)" }

      static let all = MachineChoice.allCases.flatMap { machine in Variant.all.map { Case(variant: $0, machine: machine) } }
    }

    @Test(arguments: Case.all) func trapExactlyBeyondTheEnd(at place: Case) throws {
      let program = try vectorProgram.start(place.variant, on: place.machine.kind)
      var size: UInt64 = 65536
      for growth: UInt64 in [0, 1] {
        try #require(try program.value("grow", growth) == 1)
        size += growth << 16
        _ = try program.call("fill", 0, size)
        for access in VectorAccess.all {
          for offset in VectorAccess.offsets { try check(access, offset, size, program) }
        }
        #expect(try program.value("changed", 0, size) == 0)
      }
    }

    private func check(_ access: VectorAccess, _ offset: UInt64, _ size: UInt64, _ program: RunningProgram) throws {
      // Across a page, the last that fits, each way over the end, and beyond.
      let addresses = Set([65528, 65535, size - 32] + (0...access.width + 1).map { size - $0 } + [size + 1, size + 15, size + 4096])
      for address in addresses where address >= offset {
        let title: Comment = "\(access.export(offset)) at \(address), memory of \(size)"
        let outcome = try program.call(access.export(offset), address - offset)
        guard address + access.width <= size else {
          #expect(outcome.trapKind == .outOfBoundsMemoryAccess, title)
          if access.isStore, address < size { #expect(try program.value("changed", size - 32, size) == 0, title) }
          continue
        }
        guard case .finished(let slots) = outcome else {
          Issue.record("\(title): \(outcome)")
          continue
        }
        let before = (address..<address + access.width).map(MemoryPattern.byte)
        guard access.isStore else {
          #expect(slots.first?.bytes == access.loaded(before), title)
          continue
        }
        // All of it is there, and nothing beside it.
        let found = try program.call("v128.load+0", min(address, size - 16))
        guard case .finished(let slots) = found, let bytes = slots.first?.bytes else {
          Issue.record("\(title): \(found)")
          continue
        }
        let start = Int(address - min(address, size - 16))
        #expect(bytes[start..<start + Int(access.width)] == access.stored, title)
        let changed = zip(before, access.stored).count { $0 != $1 }
        #expect(try program.value("changed", address - 16, min(address + access.width + 16, size)) == UInt64(changed), title)
        _ = try program.call("fill", address, address + access.width)
      }
    }
  }
}
