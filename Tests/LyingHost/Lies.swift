import CLinux
import EdgeCalls
import SeededNumbers

/// What one run is told. The lie about the n-th answer follows from the seed, n, and what stands in the window, so that a seed tells the same
/// lies again.
final class Liar {
  enum Growth: CaseIterable { case honest, refused, pretended, tooSmall }

  let seed: UInt64
  /// One answer of so many is a lie.
  private let rarity: Int
  /// How the host lies about memory, in turn.
  private let growths: [Growth]
  /// What the cycle counter's rate is said to be; nil for the truth.
  let counterFrequency: UInt64?
  /// Whether what the guest is asked to do is lied about too.
  let liesAboutCommands: Bool
  /// Of a program with a sealed directory.
  private let volume: KeptVolume?
  private var exchanges: UInt64 = 0
  private var growthCount = 0
  /// The header of the answer before.
  private var stale: [UInt8] = []

  private(set) var told: UInt64 = 0
  private(set) var growthWasALie = false
  private(set) var commandWasALie = false
  /// What was told, for comparing two runs: a number for each exchange.
  private(set) var record: [UInt64] = []

  init(seed: UInt64, volume: KeptVolume? = nil) {
    self.seed = seed
    self.volume = volume
    var random = SeededGenerator(seed: seed)
    rarity = random.pick([1, 2, 4, 12, 40, 150])
    growths = (0..<8).map { _ in random.isOneOf(4) ? random.pick(Growth.allCases) : .honest }
    counterFrequency = random.isOneOf(2) ? nil : random.pick([0, 1, 1000, 1_000_000_000, 18_000_000_001, 1 << 63, .max])
    liesAboutCommands = random.isOneOf(4)
  }

  func nextGrowth() -> Growth {
    growthCount += 1
    let growth = growths[growthCount % growths.count]
    if growth != .honest {
      told += 1
      if growth != .refused { growthWasALie = true }
    }
    return growth
  }

  /// What to do with a request before anybody serves it: true to send the guest back with nothing done.
  func leavesUnanswered(_ call: EdgeCall) -> Bool {
    var random = SeededGenerator(seed: seed ^ (exchanges &* 0xA24B_AED4_963E_E407) ^ 0x55)
    guard random.isOneOf(rarity), random.isOneOf(12) else { return false }
    told += 1
    record.append(UInt64.max - UInt64(call.rawValue))
    if call == .growMemory { growthWasALie = true }
    return true
  }

  /// Alters the answer that stands in the window, or the start configuration.
  /// - Parameter call: What it is the answer to; nil at the start.
  func alter(_ window: UnsafeMutableRawBufferPointer, answering call: EdgeCall?) {
    exchanges += 1
    var random = SeededGenerator(seed: seed ^ (exchanges &* 0xD6E8_FEB8_6659_FD93))
    let header = window[..<Self.headerSize]
    let before = Array(header)
    defer { stale = before }
    guard random.isOneOf(rarity) else { return }
    let carriesCommand = call == nil || call == .nextCommand
    guard !carriesCommand || liesAboutCommands || (call == nil && random.isOneOf(3)) else { return }
    told += 1
    record.append(exchanges << 8 | UInt64(call?.rawValue ?? 0))
    if carriesCommand { commandWasALie = true }
    if call == .growMemory { growthWasALie = true }
    if let volume, let call, [.openVolume, .readVolume, .writeVolume, .flushVolume, .publishVolume].contains(call), !random.isOneOf(3) {
      record.append(10)
      return tell(volume, window, call, &random)
    }
    for _ in 0...random.below(2) {
      let isListing = call == .readDirectory && random.isOneOf(2)
      tell(isListing ? 5 : random.below(carriesCommand ? 10 : 8), window, call, &random)
    }
  }

  private static let headerSize = 144

  private func tell(_ kind: Int, _ window: UnsafeMutableRawBufferPointer, _ call: EdgeCall?, _ random: inout SeededGenerator) {
    record.append(UInt64(kind))
    switch kind {
    case 0:
      let number: UInt32 = random.pick([0, 1, 2, 4, 5, 9, 11, 14, 28, 95, 4095, 4096, 4097, 1 << 31, .max, UInt32(random.below(5000))])
      window.put32(number, at: EdgeWindow.errorOffset)
    case 1:
      let length = window.get32(at: EdgeWindow.responseLengthOffset)
      let lengths: [UInt32] = [
        0, 1, length &+ 1, length / 2, length &- 1, 63, 65, 4000, 4001, 0x3_FFFF, 0x4_0000, 0x4_0001, 1 << 31, .max, UInt32(random.below(300_000)),
      ]
      window.put32(random.pick(lengths), at: EdgeWindow.responseLengthOffset)
    case 2, 3:
      let offset = EdgeWindow.resultsOffset + 8 * UInt64(random.below(4))
      let value = window.get64(at: offset)
      let length = UInt64(window.get32(at: EdgeWindow.requestLengthOffset))
      let values: [UInt64] = [
        0, 1, 2, 3, 7, 8, value &+ 1, value &- 1, value &* 2, length, length &+ 1, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max, .max - 7, random.next(),
      ]
      window.put64(random.pick(values), at: offset)
    case 4:
      let reach = max(64, min(Int(window.get32(at: EdgeWindow.responseLengthOffset)), Int(EdgeWindow.payloadCapacity)))
      for _ in 0...random.below(8) {
        window[Int(EdgeWindow.payloadOffset) + random.below(reach)] = random.pick([0, 1, 0x2E, 0x2F, 0x7F, 0xFF, UInt8(random.below(256))])
      }
    case 5: put(records(&random), window)
    case 6:
      // The answer before, once more; or the request itself.
      for (index, byte) in stale.enumerated() { window[index] = byte }
    case 7:
      for index in 0..<Self.headerSize { window[index] = UInt8(truncatingIfNeeded: random.next()) }
    case 8:
      let place = Int(call == nil ? Configuration.lengthsOffset : 0) + 4 * random.below(12)
      window.put32(random.pick([0, 1, 2, 3, 4, 16, 1024, 1025, 1 << 20, 1 << 31, .max]), at: EdgeWindow.payloadOffset + UInt64(place))
    default:
      window.put32(UInt32(random.below(6)), at: EdgeWindow.doorbellStateOffset)
      window.put64(random.pick([0, 1, 2, .max]), at: EdgeWindow.resultsOffset + 16)
    }
  }

  /// Of the file, for all calls to come, or of one answer.
  private func tell(_ volume: KeptVolume, _ window: UnsafeMutableRawBufferPointer, _ call: EdgeCall, _ random: inout SeededGenerator) {
    guard call == .readVolume, random.isOneOf(2) else { return volume.tamper(&random) }
    let length = min(Int(window.get32(at: EdgeWindow.responseLengthOffset)), Int(EdgeWindow.payloadCapacity))
    let start = Int(EdgeWindow.payloadOffset)
    volume.exchange(
      UnsafeMutableRawBufferPointer(rebasing: window[start..<start + length]), first: window.get64(at: EdgeWindow.argumentsOffset), &random)
  }

  /// Directory entries, or what might be taken for some.
  private func records(_ random: inout SeededGenerator) -> [UInt8] {
    // Mostly right, since one that is not spoils those beside it.
    (0...random.below(3)).flatMap { _ -> [UInt8] in
      let name = Array(random.pick(["a", ".", "..", "file0", "../up", "/", "a/b", "\u{0}", "grün", String(repeating: "long", count: 64)]).utf8)
      let length = UInt32(name.count)
      let words: [UInt64] = [random.isOneOf(8) ? 0 : random.pick([1, 2, 7, .max]), random.next()]
      let halves: [UInt32] = [
        random.isOneOf(8) ? random.pick([8, .max]) : random.pick([0, 1, 2, 3, 7]), random.isOneOf(6) ? random.pick([0, 255, 256, .max]) : length,
      ]
      return words.flatMap(littleEndian) + halves.flatMap(littleEndian) + name + [UInt8](repeating: 0, count: (8 - name.count % 8) % 8)
    }
  }

  private func put(_ bytes: [UInt8], _ window: UnsafeMutableRawBufferPointer) {
    for (index, byte) in bytes.enumerated() { window[Int(EdgeWindow.payloadOffset) + index] = byte }
    window.put32(UInt32(bytes.count), at: EdgeWindow.responseLengthOffset)
  }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

extension UnsafeMutableRawBufferPointer {
  func get32(at offset: UInt64) -> UInt32 { UInt32(littleEndian: loadUnaligned(fromByteOffset: Int(offset), as: UInt32.self)) }
  func get64(at offset: UInt64) -> UInt64 { UInt64(littleEndian: loadUnaligned(fromByteOffset: Int(offset), as: UInt64.self)) }
  func put32(_ value: UInt32, at offset: UInt64) { storeBytes(of: value.littleEndian, toByteOffset: Int(offset), as: UInt32.self) }
  func put64(_ value: UInt64, at offset: UInt64) { storeBytes(of: value.littleEndian, toByteOffset: Int(offset), as: UInt64.self) }
}
