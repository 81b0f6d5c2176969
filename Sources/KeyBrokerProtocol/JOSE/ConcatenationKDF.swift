import Crypto
import FoundationEssentials

/// The key derivation of JSON Web Encryption (RFC 7518, section 4.6.2; NIST SP 800-56A, 5.8.1), for keys of one block: 256 bits.
enum ConcatenationKDF {
  /// - Parameters:
  ///   - secret: what the two sides have agreed on, Z.
  ///   - parties: `apu` and `apv`; both are empty unless the header has them.
  static func key(from secret: SharedSecret, algorithm: String, parties: (producer: [UInt8], consumer: [UInt8]) = ([], [])) -> SymmetricKey {
    var hash = SHA256()
    hash.update(data: bigEndian(1))
    secret.withUnsafeBytes { hash.update(bufferPointer: $0) }
    for field in [Array(algorithm.utf8), parties.producer, parties.consumer] {
      hash.update(data: bigEndian(UInt32(clamping: field.count)))
      hash.update(data: field)
    }
    hash.update(data: bigEndian(256))
    return SymmetricKey(data: hash.finalize())
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
}
