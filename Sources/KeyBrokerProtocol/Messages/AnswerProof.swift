import Crypto
import FoundationEssentials

/// The broker's signature over an answer, in the header `coffer-proof`. It is Coffer's own: others' clients do not look at it.
///
/// What is encrypted to an instance's public key could have been encrypted by anyone, so encryption alone says nothing of who answers. A client that
/// knows the broker's key sees by this that the answer is the broker's, to this request, in this session, of this tenant, and of now: the host can
/// neither put its own answer in the place of the broker's, nor another tenant's, nor repeat an earlier one.
public enum AnswerProof {
  public static let header = "coffer-proof"
  /// In a request: what the client chose for it, base64url of 16 to 64 bytes.
  public static let nonceHeader = "coffer-nonce"
  public static let nonceSizes = 16...64
  /// The tenant of those who name none.
  public static let standardTenant = "default"

  public static func make(
    challenge: [UInt8], nonce: [UInt8], tenant: String, method: String, path: String, status: Int, body: [UInt8], by key: BrokerKey
  ) throws(MalformedMessage) -> String {
    Base64.urlText(try key.signature(for: bytes(challenge, nonce, tenant, method, path, status, body)))
  }

  public static func isValid(
    _ proof: String, challenge: [UInt8], nonce: [UInt8], tenant: String, method: String, path: String, status: Int, body: [UInt8],
    by key: BrokerPublicKey
  ) -> Bool {
    guard let signature = Base64.bytes(urlText: proof) else { return false }
    return key.isValidSignature(signature, for: bytes(challenge, nonce, tenant, method, path, status, body))
  }

  /// - Parameters:
  ///   - tenant: as each side knows it for itself. It is not the path's: who carries a request may send it to another tenant's address.
  ///   - path: from `/kbs/v0/` on, as both sides see it, whatever stands before it.
  private static func bytes(
    _ challenge: [UInt8], _ nonce: [UInt8], _ tenant: String, _ method: String, _ path: String, _ status: Int, _ body: [UInt8]
  ) -> [UInt8] {
    JSONValue.members([
      "purpose": .string("coffer-broker-answer"), "challenge": .string(Base64.urlText(challenge)), "nonce": .string(Base64.urlText(nonce)),
      "tenant": .string(tenant), "method": .string(method), "path": .string(path), "status": .integer(Int64(status)),
      "body-sha384": .string(Base64.urlText(Array(SHA384.hash(data: body)))),
    ]).canonical
  }
}
