/// A signature over an image's measurement: a COSE_Sign1 whose payload is the measurement, with the signer's key in its protected header.
struct ImageSignature: Sendable {
  static let contentType = "application/vnd.coffer.image-measurement"

  let message: COSESign1
  let key: VerificationKey

  init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    message = try COSESign1(decoding: bytes, .deterministic, of: "image's signature")
    guard message.protectedHeader[3]?.asText == Self.contentType else {
      throw MalformedEvidence(
        "image's signature, content type", found: message.protectedHeader[3]?.asText ?? "none", wanted: Self.contentType)
    }
    guard let key = message.protectedHeader["key"] else {
      throw MalformedEvidence("image's signature, key", found: "none", wanted: "a COSE_Key")
    }
    self.key = try VerificationKey(coseKey: key, of: "image's signature, key")
  }

  func isValid(for measurement: [UInt8]) -> Bool { message.payload == measurement && message.isValid(for: key) }
}
