import Glibc
import GuestCrypto
import KeyBrokerProtocol
import Monitor
import SealedFiles
import SealedVolume

/// A key that everybody knows, where a broker would release one.
struct BenchKey: SecretSource {
  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
    [try JSONWebEncryption(encrypting: [UInt8](repeating: 9, count: 32), to: JSONWebKey(.p256, point: instanceKey)).json.canonical]
  }
}

/// A volume's file in memory, gone with the value: what is measured is no disk.
final class BenchVolume {
  let descriptor: Int32
  let volume: HostVolume

  /// - Parameter size: bytes of contents.
  init(size: UInt64) throws {
    let path = "/dev/shm/coffer-bench-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
    unlink(path)
    let layout = try VolumeLayout(blockCount: UInt64(SealedLayout(size: size).blockCount))
    volume = HostVolume(descriptor: descriptor, blockLimit: layout.storeBlockCount, counter: nil)
  }

  deinit { close(descriptor) }

  /// Nanoseconds of processor time in which so many bytes are sealed by AES-256-GCM, in pieces of 4 KiB: the least that encryption costs.
  static func sealing(_ total: UInt64) throws -> UInt64 {
    let key = try SecretBytes(copying: [UInt8](repeating: 9, count: 32)).withBytes { (bytes) throws(CryptographyError) in try AES256(key: bytes) }
    let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { text.deallocate() }
    text.initializeMemory(as: UInt8.self, repeating: 5)
    let start = now()
    for block in 0..<total / 4096 {
      let piece = UnsafeMutableRawBufferPointer(rebasing: text[Int(block % 256) * 4096..<Int(block % 256 + 1) * 4096])
      _ = try key.seal(UnsafeRawBufferPointer(piece), into: piece, nonce: AES256.Nonce(prefix: 0, counter: block + 1), associated: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return now() - start
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
