import Foundation
import GuestCrypto
import SeededNumbers
import Testing

/// Secrets are nowhere when they have been used: neither in the memory that held them nor on the stack of whoever computed.
@Suite struct WipingTests {
  private final class Work: @unchecked Sendable {
    // One thread works with it, and is joined before anyone looks.
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private static let stackSize = 1 << 20

  /// What is left of a thread's stack when the thread is over.
  private func stack(of body: @escaping () -> Void) throws -> [UInt8] {
    let memory = try #require(mmap(nil, Self.stackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(memory, Self.stackSize) }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstack(&attributes, memory, Self.stackSize)
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let status = pthread_create(&thread, &attributes, { context in
      guard let context else { return nil }
      Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }, work.toOpaque())
    #expect(status == 0)
    pthread_join(thread, nil)
    return [UInt8](UnsafeRawBufferPointer(start: memory, count: Self.stackSize))
  }

  /// Any eight bytes of the secret, in either order.
  private func has(_ stack: [UInt8], _ secret: [UInt8]) -> Bool {
    var windows: Set<UInt64> = []
    for bytes in [secret, secret.reversed()] {
      for start in 0...bytes.count - 8 { windows.insert(bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }) }
    }
    var window: UInt64 = 0
    for byte in stack {
      window = window << 8 | UInt64(byte)
      if windows.contains(window) { return true }
    }
    return false
  }

  private final class Keys: @unchecked Sendable {
    let p256: P256.PrivateKey
    let x25519: X25519.PrivateKey
    var results: [[UInt8]] = [[], []]

    init(_ bytes: [UInt8]) throws {
      p256 = try P256.PrivateKey(SecretBytes(copying: bytes))
      x25519 = try X25519.PrivateKey(SecretBytes(copying: bytes))
    }
  }

  @Test func agreementLeavesNothingOnTheStack() throws {
    var random = SeededGenerator(seed: 21)
    let bytes = random.bytes(32)
    let keys = try Keys(bytes)
    let peers = (try AgreementTests.privateKey(random.bytes(32)).publicKey(), try X25519.PublicKey(random.bytes(32)))
    let left = try stack {
      _ = keys.p256.sharedSecret(with: peers.0)
      _ = try? keys.x25519.sharedSecret(with: peers.1)
    }
    #expect(!has(left, bytes))
    #expect(!has(left, keys.p256.sharedSecret(with: peers.0).array))
    #expect(try !has(left, keys.x25519.sharedSecret(with: peers.1).array))
  }

  /// The search finds what is there.
  @Test func whatIsLeftIsFound() throws {
    var random = SeededGenerator(seed: 22)
    let bytes = random.bytes(32)
    let left = try stack {
      var copy = (bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7])
      withUnsafeMutableBytes(of: &copy) { $0[0] = bytes[0] }
    }
    #expect(has(left, bytes))
  }

  /// The memory of a secret, looked at by the next who gets it: an allocator hands the same block out again.
  @Test func memoryIsZeroedWhenASecretEnds() {
    var found = 0
    for count in [64, 200, 1000] {
      let address: UInt = {
        let secret = SecretBytes(copying: [UInt8](repeating: 0xd7, count: count))
        return secret.withBytes { UInt(bitPattern: $0.baseAddress) }
      }()
      let next = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
      defer { next.deallocate() }
      if UInt(bitPattern: next) == address { found += 1 }
      // The allocator's own notes stand at the beginning.
      #expect((32..<count).allSatisfy { next.load(fromByteOffset: $0, as: UInt8.self) != 0xd7 })
    }
    #expect(found > 0, "the allocator gave other memory: nothing was looked at")
  }
}
