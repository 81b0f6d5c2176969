// Sealed volumes in numbers: sequential reads and writes on one core, and random writes beside a copy and AES-GCM.
//
//   volume-bench [MIB]     over so many MiB of memory as the host's store; 256 unless said otherwise; status 1 where a goal is missed
import Foundation
import GuestCrypto
import SealedVolume

/// All of the store in one piece of memory, touched beforehand.
final class FlatStore: BlockStore {
  let memory: UnsafeMutableRawBufferPointer

  init(blocks: UInt64) {
    memory = .allocate(byteCount: Int(blocks) * VolumeLayout.blockSize, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { memory.deallocate() }

  func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    let start = Int(first) * VolumeLayout.blockSize
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + buffer.count]))
    return buffer.count
  }

  func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    let start = Int(first) * VolumeLayout.blockSize
    UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + buffer.count]).copyMemory(from: buffer)
    return buffer.count
  }

  func flush() throws(BlockStoreError) {}
}

func session() throws -> VolumeSession {
  let bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
  return try bytes.withRawBytes { (bytes) throws(VolumeError) in try VolumeSession(bytes) }
}

/// Processor time of this thread, in seconds, so that others' load does not count.
func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func best(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  var least = Double.infinity
  for _ in 0..<rounds {
    let start = seconds()
    try body()
    least = min(least, seconds() - start)
  }
  return least
}

let size = (CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 256) << 20
let blockSize = VolumeLayout.blockSize
let blocks = UInt64(size / blockSize)
let gibibytes = Double(size) / Double(1 << 30)
let key = SecretBytes(copying: [UInt8](repeating: 9, count: 32))
let layout = try VolumeLayout(blockCount: blocks)
let store = FlatStore(blocks: layout.storeBlockCount)
_ = try SealedVolume.create(in: store, key: key, blockCount: blocks, session: session()) { _ throws(Never) in }
var volume = try SealedVolume(opening: store, key: key, expecting: nil)
try volume.begin(session())
let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
for index in 0..<buffer.count { buffer[index] = UInt8(truncatingIfNeeded: index) }
print("AES: \(AES256.Backend.best), \(size >> 20) MiB, 1 MiB at a time, least of 5")
let write = try best(5) {
  for first in stride(from: 0, to: blocks, by: 256) { try volume.write(first, from: UnsafeRawBufferPointer(buffer)) }
  try volume.commit()
}
print(String(format: "sequential write and commit: %.2f GiB/s", gibibytes / write))
let read = try best(5) { for first in stride(from: 0, to: blocks, by: 256) { try volume.read(first, into: buffer) } }
print(String(format: "sequential read: %.2f GiB/s", gibibytes / read))

// Random 4 KiB writes: copied to scratch memory and sealed there, the least that encryption can cost, against the volume with its tree and one commit.
var random = SystemRandomNumberGenerator()
let order = (0..<Int(blocks)).map { _ in UInt64.random(in: 0..<blocks, using: &random) }
let (scratch, block) = (FlatStore(blocks: blocks), UnsafeRawBufferPointer(rebasing: buffer[..<blockSize]))
let plainKey = try key.withBytes { (bytes) throws(CryptographyError) in try AES256(key: bytes) }
let sealed = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
var counter: UInt64 = 0
var tags = [AES256.Tag?](repeating: nil, count: Int(blocks))
var (baselines, volumes): ([Double], [Double]) = ([], [])
for _ in 0..<5 {
  baselines.append(
    try best(1) {
      for index in order {
        counter += 1
        tags[Int(index)] = try plainKey.seal(
          block, into: sealed, nonce: AES256.Nonce(prefix: 0, counter: counter), associated: UnsafeRawBufferPointer(rebasing: buffer[..<16]))
        _ = try scratch.write(index, from: UnsafeRawBufferPointer(sealed))
      }
    })
  volumes.append(
    try best(1) {
      for index in order { try volume.write(index, from: block) }
      try volume.commit()
    })
}
let (baseline, tree) = (baselines.min() ?? 0, volumes.min() ?? 0)
let (each, least) = (tree / Double(blocks) * 1e9, baseline / Double(blocks) * 1e9)
print(String(format: "random write of 4 KiB: %.0f ns, copy and AES-GCM %.0f ns: %.2f times", each, least, tree / baseline))
// The goals of SPECIFICATION.md.
let isFastEnough = gibibytes / write >= 1 && gibibytes / read >= 1 && tree / baseline <= 1.25
print(isFastEnough ? "all goals are met" : "missed: at least 1 GiB/s each way, and at most 1.25 times")
exit(isFastEnough ? 0 : 1)
