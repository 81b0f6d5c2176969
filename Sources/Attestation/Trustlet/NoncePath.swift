import Crypto
import Foundation

/// The way from one nonce to the root of a tree of nonces, which a platform's report binds in the place of a single one.
///
/// A leaf is SHA-384 of a zero byte and the nonce, a node SHA-384 of a byte 1 and its two children: neither can be taken for the other. So a root
/// binds each of its nonces as a report of its own would: whoever chose one knows that the report is younger than that.
public struct NoncePath: Sendable, Equatable {
  static let mediaType = "application/vnd.coffer.nonce-path"
  private static let maximumLength = 32
  private static let hashSize = 48

  /// The nonce's number in the tree; each bit says on which side the path comes up.
  let index: UInt64
  /// The hashes beside the path, from the leaf up.
  let siblings: [[UInt8]]

  /// An array of the number and the hashes, in deterministic CBOR.
  init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    let structure = "nonce's path"
    let item = try CBORDecoder.decode(bytes, .deterministic, of: structure)
    guard let parts = item.asArray, parts.count == 2, case .unsigned(let index) = parts[0], let hashes = parts[1].asArray else {
      throw MalformedEvidence(structure, found: item.kind, wanted: "an array of a number and hashes")
    }
    guard (1...Self.maximumLength).contains(hashes.count), index >> UInt64(hashes.count) == 0 else {
      throw MalformedEvidence(
        structure, found: "number \(index) and \(hashes.count) hashes", wanted: "1 to \(Self.maximumLength) hashes, and a number of as many bits")
    }
    var siblings: [[UInt8]] = []
    for hash in hashes {
      guard let bytes = hash.asBytes, bytes.count == Self.hashSize else {
        throw MalformedEvidence("\(structure), hash", found: hash.kind, wanted: "\(Self.hashSize) bytes")
      }
      siblings.append(bytes)
    }
    (self.index, self.siblings) = (index, siblings)
  }

  func root(from nonce: [UInt8]) -> [UInt8] {
    var hash = Array(SHA384.hash(data: [0] + nonce))
    for (level, sibling) in siblings.enumerated() {
      hash = Array(SHA384.hash(data: [1] + (index >> UInt64(level) & 1 == 0 ? hash + sibling : sibling + hash)))
    }
    return hash
  }
}
