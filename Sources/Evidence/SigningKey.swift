import Crypto
import Foundation
import Platform

/// A private key on P-384 that lives in this process alone, and what it signs.
struct SigningKey: Sendable {
  private let key = P384.Signing.PrivateKey()

  /// x and y, big-endian.
  var point: [UInt8] { Array(key.publicKey.rawRepresentation) }

  /// DER.
  var subjectPublicKeyInfo: [UInt8] { Array(key.publicKey.derRepresentation) }

  var coseKey: CBORItem { Self.coseKey(point) }

  /// A public key as COSE has it (RFC 9053, section 7.1.1), on P-256 or P-384 by its length.
  static func coseKey(_ point: [UInt8]) -> CBORItem {
    let half = point.count / 2
    return .members([(1, .integer(2)), (-1, .integer(half == 32 ? 1 : 2)), (-2, .bytes(Array(point.prefix(half)))), (-3, .bytes(Array(point.dropFirst(half))))])
  }

  /// Claims as a COSE_Sign1 by ES384 (RFC 9052, section 4.2).
  func token(_ claims: [(Int, CBORItem)]) throws(EvidenceError) -> [UInt8] {
    let payload = CBORItem.members(claims).encoded
    let header = CBORItem.members([(1, .integer(-35))]).encoded
    let signed = CBORItem.array([.text("Signature1"), .bytes(header), .bytes([]), .bytes(payload)]).encoded
    do {
      let signature = try key.signature(for: signed)
      return CBORItem.tagged(18, .array([.bytes(header), .map([]), .bytes(payload), .bytes(Array(signature.rawRepresentation))])).encoded
    } catch {
      throw .cannotSign("\(error)")
    }
  }
}
