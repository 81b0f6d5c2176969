import Crypto

/// A register that only grows: of a TPM (PCR), or of Intel TDX (RTMR). It begins with zeros, and each event makes it the hash of itself and the event's hash.
struct Register<Hash: HashFunction> {
  private(set) var value: [UInt8] = [UInt8](repeating: 0, count: Hash.Digest.byteCount)

  mutating func extend(digest: [UInt8]) {
    var hash = Hash()
    hash.update(data: value)
    hash.update(data: digest)
    value = Array(hash.finalize())
  }

  mutating func extend(_ data: [UInt8]) { extend(digest: Array(Hash.hash(data: data))) }
  mutating func extend(_ text: String) { extend(Array(text.utf8)) }
}
