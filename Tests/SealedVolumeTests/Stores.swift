import Foundation
import GuestCrypto
import SealedVolume
import SeededNumbers

let blockSize = VolumeLayout.blockSize

extension SeededGenerator {
  mutating func session() throws -> VolumeSession {
    let bytes = (0..<VolumeSession.size).map { _ in UInt8.random(in: 0...255, using: &self) }
    return try bytes.withRawBytes { (bytes) throws(VolumeError) in try VolumeSession(bytes) }
  }

  /// What a block is filled with; never zero.
  mutating func stamp() -> UInt64 { UInt64.random(in: 1 ... .max, using: &self) }
}

/// Tests are not optimised, so bytes are moved and compared by the C library as a whole.
extension [UInt8] {
  init(copy bytes: UnsafeRawBufferPointer) {
    self.init(unsafeUninitializedCapacity: bytes.count) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      count = bytes.count
    }
  }

  /// Blocks that are each filled with a stamp of eight bytes; nil is zeros.
  init(stamps: [UInt64?]) {
    self.init(unsafeUninitializedCapacity: stamps.count * blockSize) { buffer, count in
      count = stamps.count * blockSize
      guard let base = buffer.baseAddress else { return }
      for (number, stamp) in stamps.enumerated() {
        var pattern = stamp ?? 0
        memcpy(base + number * blockSize, &pattern, 8)
        // Doubled, until the block is full.
        var size = 8
        while size < blockSize {
          memcpy(base + number * blockSize + size, base + number * blockSize, size)
          size *= 2
        }
      }
    }
  }

  func isSame(as other: [UInt8]) -> Bool {
    count == other.count && withUnsafeBytes { left in
      other.withUnsafeBytes { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return true }
        return memcmp(left, right, count) == 0
      }
    }
  }

  var isZeros: Bool { isSame(as: [UInt8](stamps: Array<UInt64?>(repeating: nil, count: count / blockSize))) }
}

let zeroBlock = [UInt8](stamps: [nil])

extension UnsafeRawBufferPointer {
  func block(_ number: Int) -> [UInt8] { [UInt8](copy: UnsafeRawBufferPointer(rebasing: self[number * blockSize..<(number + 1) * blockSize])) }
}

/// A store in memory that does what it is asked, and counts.
final class MemoryStore: BlockStore {
  var blocks: [UInt64: [UInt8]] = [:]
  private(set) var readCount = 0
  private(set) var writes: [(first: UInt64, bytes: [UInt8])] = []
  /// Of which each may have brought several ``writes``.
  private(set) var calls = 0

  func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    readCount += 1
    for number in 0..<buffer.count / blockSize {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[number * blockSize..<(number + 1) * blockSize])
      (blocks[first + UInt64(number)] ?? zeroBlock).withUnsafeBytes { part.copyMemory(from: $0) }
    }
    return buffer.count
  }

  func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    writes.append((first, [UInt8](copy: buffer)))
    for number in 0..<buffer.count / blockSize { blocks[first + UInt64(number)] = buffer.block(number) }
    return buffer.count
  }

  func write(_ runs: [BlockRun], from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    calls += 1
    var start = 0
    for run in runs {
      start += try write(run.first, from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + run.count * blockSize]))
    }
    return start
  }

  func flush() throws(BlockStoreError) {}

  func copy() -> MemoryStore {
    let copy = MemoryStore()
    copy.blocks = blocks
    return copy
  }
}

/// A store that loses power at a write: what was not flushed is then there, not there, or there in part, block by block. It answers nothing afterwards.
final class CrashingStore: BlockStore {
  let kept: MemoryStore
  private var pending: [(UInt64, [UInt8])] = []
  private var random: SeededGenerator
  private(set) var writeCount = 0
  let crashAt: Int
  private(set) var hasCrashed = false

  init(_ kept: MemoryStore, crashAt: Int, seed: UInt64) {
    self.kept = kept
    self.crashAt = crashAt
    random = SeededGenerator(seed: seed)
  }

  func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    guard !hasCrashed else { throw BlockStoreError(code: 5) }
    _ = try kept.read(first, into: buffer)
    for number in 0..<buffer.count / blockSize {
      guard let last = pending.last(where: { $0.0 == first + UInt64(number) }) else { continue }
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[number * blockSize..<(number + 1) * blockSize])
      last.1.withUnsafeBytes { part.copyMemory(from: $0) }
    }
    return buffer.count
  }

  func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    guard !hasCrashed else { throw BlockStoreError(code: 5) }
    for number in 0..<buffer.count / blockSize { pending.append((first + UInt64(number), buffer.block(number))) }
    writeCount += 1
    if writeCount > crashAt {
      crash()
      throw BlockStoreError(code: 5)
    }
    return buffer.count
  }

  func flush() throws(BlockStoreError) {
    guard !hasCrashed else { throw BlockStoreError(code: 5) }
    for (index, bytes) in pending { kept.blocks[index] = bytes }
    pending = []
  }

  func crash() {
    hasCrashed = true
    for (index, bytes) in pending {
      switch Int.random(in: 0..<3, using: &random) {
      case 0: kept.blocks[index] = bytes
      case 1:
        let cut = 512 * Int.random(in: 0...8, using: &random)
        var torn = kept.blocks[index] ?? zeroBlock
        torn.replaceSubrange(..<cut, with: bytes[..<cut])
        kept.blocks[index] = torn
      default: break
      }
    }
    pending = []
  }
}

/// A host that lies, once in a while.
final class HostileStore: BlockStore {
  let kept: MemoryStore
  private var random: SeededGenerator
  private var history: [UInt64: [[UInt8]]] = [:]
  /// Out of a thousand operations.
  var lies = 0
  private(set) var told: [String: Int] = [:]

  init(_ kept: MemoryStore, seed: UInt64) {
    self.kept = kept
    random = SeededGenerator(seed: seed)
  }

  private func lie(_ kind: String) -> Bool {
    guard Int.random(in: 0..<1000, using: &random) < lies else { return false }
    told[kind, default: 0] += 1
    return true
  }

  func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    if lie("refused") { throw BlockStoreError(code: 5) }
    tamper()
    _ = try kept.read(first, into: buffer)
    if lie("short") { return Int.random(in: 0..<buffer.count, using: &random) }
    if lie("long") { return buffer.count + Int.random(in: 1...5000, using: &random) }
    if lie("negative") { return -1 }
    return buffer.count
  }

  func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    if lie("write refused") { throw BlockStoreError(code: 28) }
    if lie("write short") { return Int.random(in: 0..<buffer.count, using: &random) }
    if lie("write forgotten") { return buffer.count }
    for number in 0..<buffer.count / blockSize {
      if let old = kept.blocks[first + UInt64(number)] { history[first + UInt64(number), default: []].append(old) }
    }
    return try kept.write(first, from: buffer)
  }

  func flush() throws(BlockStoreError) { if lie("flush refused") { throw BlockStoreError(code: 5) } }

  private func tamper() {
    for kind in ["changed", "swapped", "copied", "cut", "replayed"] where lie(kind) {
      let indices = kept.blocks.keys.sorted()
      guard let one = indices.randomElement(using: &random), let other = indices.randomElement(using: &random) else { return }
      switch kind {
      case "changed": kept.blocks[one]?[Int.random(in: 0..<blockSize, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case "swapped": (kept.blocks[one], kept.blocks[other]) = (kept.blocks[other], kept.blocks[one])
      case "copied": kept.blocks[one] = kept.blocks[other]
      case "cut": kept.blocks[indices[indices.count - 1]] = nil
      default:
        guard let old = history.keys.sorted().randomElement(using: &random) else { return }
        kept.blocks[old] = history[old]?.randomElement(using: &random)
      }
    }
  }
}

enum Fixture {
  static func key() -> SecretBytes { SecretBytes(copying: [UInt8](repeating: 0x42, count: 32)) }

  static func create(_ blockCount: UInt64, in store: MemoryStore = MemoryStore(), seed: UInt64 = 99) throws -> MemoryStore {
    var random = SeededGenerator(seed: seed)
    return try SealedVolume.create(in: store, key: key(), blockCount: blockCount, session: random.session()) { _ throws(Never) in }
  }

  static func read<Store>(_ volume: inout SealedVolume<Store>, _ first: UInt64, _ count: Int = 1) throws -> [UInt8] {
    var bytes = [UInt8](stamps: Array<UInt64?>(repeating: 0x77, count: count))
    try bytes.withMutableRawBytes { (buffer) throws(VolumeError) in try volume.read(first, into: buffer) }
    return bytes
  }

  static func write<Store>(_ volume: inout SealedVolume<Store>, _ first: UInt64, _ bytes: [UInt8]) throws {
    try bytes.withRawBytes { (buffer) throws(VolumeError) in try volume.write(first, from: buffer) }
  }
}
