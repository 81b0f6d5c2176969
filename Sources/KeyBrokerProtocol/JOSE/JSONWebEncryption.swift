import Crypto
import CryptoExtras
import FoundationEssentials

/// Bytes encrypted to one key: JSON Web Encryption in its flattened form (RFC 7516, section 7.2.2), always by A256GCM, the key by ECDH-ES+A256KW,
/// RSA-OAEP or RSA-OAEP-256.
public struct JSONWebEncryption: Sendable, Equatable {
  public static let contentAlgorithm = "A256GCM"
  /// Far more than a secret has.
  public static let maximumSize = 4 << 20
  private static let message = "JWE"

  /// As it stands in the message: it is authenticated as text.
  let protected: String
  let encryptedKey: [UInt8]
  let initializationVector: [UInt8]
  let ciphertext: [UInt8]
  let tag: [UInt8]
  /// Further text that is authenticated, as it stands in the message.
  let additional: String?
  /// The ephemeral key, where it stands outside of what is authenticated, as others may put it: another in its place opens nothing.
  let looseKey: JSONValue?
  /// Its author's: r and s of ECDSA on P-256 (``sign(by:for:tenant:resource:counter:)``). Who is no trustlet knows by other means who answers.
  var signature: [UInt8]?
  /// What the resource's counter has, under the signature.
  var counter: CounterValue?

  /// Encrypts with a key of its own, and for elliptic curves an ephemeral one.
  public init(encrypting bytes: [UInt8], to recipient: JSONWebKey) throws(MalformedMessage) {
    do {
      let contentKey = SymmetricKey(size: .bits256)
      var header = [JSONMember("alg", .string(recipient.algorithm)), JSONMember("enc", .string(Self.contentAlgorithm))]
      switch recipient.material {
      case .curve(let curve, _):
        let ephemeral = Self.ephemeral(curve)
        guard let secret = try ephemeral.sharedSecret(with: recipient) else {
          throw MalformedMessage(Self.message, found: "a key of another curve", wanted: curve.rawValue)
        }
        let wrapping = ConcatenationKDF.key(from: secret, algorithm: JSONWebKey.keyAgreement)
        encryptedKey = Array(try AES.KeyWrap.wrap(contentKey, using: wrapping))
        // Without alg, as other implementations have it.
        let members = try ephemeral.publicKey.json
        header.append(JSONMember("epk", .object(["crv", "kty", "x", "y"].compactMap { name in members[name].map { JSONMember(name, $0) } })))
      case .rsa(let padding, let modulus, let exponent):
        let key = try _RSA.Encryption.PublicKey(n: modulus, e: exponent)
        encryptedKey = Array(try contentKey.withUnsafeBytes { try key.encrypt(Data($0), padding: padding.scheme) })
      }
      // Another implementation writes the header anew to check it: in the order of names it comes out the same.
      protected = Base64.urlText(JSONValue.object(header).canonical)
      let box = try AES.GCM.seal(bytes, using: contentKey, authenticating: Array(protected.utf8))
      (initializationVector, ciphertext, tag) = (Array(box.nonce), Array(box.ciphertext), Array(box.tag))
      (additional, looseKey) = (nil, nil)
    } catch let error as MalformedMessage {
      throw error
    } catch {
      throw MalformedMessage(Self.message, found: "a key that nothing can be encrypted to (\(error))", wanted: "the key of an instance")
    }
  }

  public init(_ bytes: [UInt8]) throws(MalformedMessage) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedMessage(Self.message, found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    let members = try MessageMembers(JSONReader.value(of: bytes, Self.message), Self.message)
    try members.only(["protected", "header", "encrypted_key", "iv", "ciphertext", "tag", "aad", Self.signatureMember, Self.counterMember])
    protected = try members.text("protected", atMost: 8192)
    encryptedKey = try members.bytes("encrypted_key", 1...1024)
    initializationVector = try members.bytes("iv", 12...12)
    ciphertext = try members.bytes("ciphertext", 0...Self.maximumSize)
    tag = try members.bytes("tag", 16...16)
    additional = members["aad"] == nil ? nil : try members.text("aad", atMost: 8192)
    signature = members[Self.signatureMember] == nil ? nil : try members.bytes(Self.signatureMember, 64...64)
    counter = members[Self.counterMember] == nil ? nil : try CounterValue(members, Self.counterMember)
    if let header = members["header"] {
      let loose = try MessageMembers(header, "JWE, header")
      try loose.only(["epk"])
      looseKey = loose["epk"]
    } else {
      looseKey = nil
    }
  }

  public var json: JSONValue {
    var members = [
      JSONMember("protected", .string(protected)), JSONMember("encrypted_key", .string(Base64.urlText(encryptedKey))),
      JSONMember("iv", .string(Base64.urlText(initializationVector))), JSONMember("ciphertext", .string(Base64.urlText(ciphertext))),
      JSONMember("tag", .string(Base64.urlText(tag))),
    ]
    if let additional { members.append(JSONMember("aad", .string(additional))) }
    if let signature { members.append(JSONMember(Self.signatureMember, .string(Base64.urlText(signature)))) }
    if let counter { members.append(JSONMember(Self.counterMember, counter.text)) }
    if let looseKey { members.append(JSONMember("header", .object([JSONMember("epk", looseKey)]))) }
    return .object(members)
  }

  /// What was encrypted. One error for all that does not fit, for whoever sent it could learn from the difference.
  public func decrypted(by key: DecryptionKey) throws(MalformedMessage) -> [UInt8] {
    let header = try MessageMembers(JSONReader.value(of: Base64.bytes(urlText: protected) ?? [], "JWE, protected"), "JWE, protected")
    // RFC 7516, section 4.1.13: what an extension means is not known here.
    try header.only(["alg", "enc", "epk", "apu", "apv", "typ", "cty", "kid"])
    let (algorithm, content) = (try header.text("alg"), try header.text("enc"))
    let expected = try key.publicKey.algorithm
    guard algorithm == expected else { throw MalformedMessage("JWE, alg", found: algorithm, wanted: expected) }
    guard content == Self.contentAlgorithm else { throw MalformedMessage("JWE, enc", found: content, wanted: Self.contentAlgorithm) }
    do {
      let contentKey = try contentKey(header, key)
      let authenticated = Array((protected + (additional.map { ".\($0)" } ?? "")).utf8)
      let box = try AES.GCM.SealedBox(nonce: AES.GCM.Nonce(data: initializationVector), ciphertext: ciphertext, tag: tag)
      return Array(try AES.GCM.open(box, using: contentKey, authenticating: authenticated))
    } catch let error as MalformedMessage {
      throw error
    } catch {
      throw MalformedMessage(Self.message, found: "what this key does not open", wanted: "bytes that were encrypted to this key, unchanged")
    }
  }

  private func contentKey(_ header: MessageMembers, _ key: DecryptionKey) throws -> SymmetricKey {
    if case .rsa(let der, let padding) = key {
      let bytes = try _RSA.Encryption.PrivateKey(derRepresentation: der).decrypt(encryptedKey, padding: padding.scheme)
      guard bytes.count == 32 else { throw MalformedMessage(Self.message, found: "another key", wanted: "256 bits") }
      return SymmetricKey(data: bytes)
    }
    // RFC 7516, section 7.2.1: no name in both.
    guard header["epk"] == nil || looseKey == nil else { throw MalformedMessage("JWE, epk", found: "two of them", wanted: "one") }
    let epk = try MessageMembers(header["epk"] ?? looseKey, "JWE, epk")
    let name = try epk.text("crv")
    guard try epk.text("kty") == "EC", let curve = JSONWebKey.Curve(rawValue: name) else {
      throw MalformedMessage("JWE, epk", found: name, wanted: "a key on the curve of this instance's")
    }
    let coordinates = curve.length...curve.length
    let ephemeral = try JSONWebKey(curve, point: epk.bytes("x", coordinates) + epk.bytes("y", coordinates))
    guard let secret = try key.sharedSecret(with: ephemeral) else {
      throw MalformedMessage("JWE, epk", found: name, wanted: "a key on the curve of this instance's")
    }
    func party(_ name: String) throws(MalformedMessage) -> [UInt8] { header[name] == nil ? [] : try header.bytes(name, 0...1024) }
    let wrapping = ConcatenationKDF.key(from: secret, algorithm: JSONWebKey.keyAgreement, parties: (try party("apu"), try party("apv")))
    let contentKey = try AES.KeyWrap.unwrap(encryptedKey, using: wrapping)
    guard contentKey.bitCount == 256 else { throw MalformedMessage(Self.message, found: "\(contentKey.bitCount) bits", wanted: "256 bits") }
    return contentKey
  }

  private static func ephemeral(_ curve: JSONWebKey.Curve) -> DecryptionKey {
    switch curve {
    case .p256: .p256(P256.KeyAgreement.PrivateKey())
    case .p384: .p384(P384.KeyAgreement.PrivateKey())
    case .p521: .p521(P521.KeyAgreement.PrivateKey())
    }
  }
}

extension JSONWebKey.Padding {
  fileprivate var scheme: _RSA.Encryption.Padding {
    switch self {
    case .oaep: .PKCS1_OAEP
    case .oaep256: .PKCS1_OAEP_SHA256
    }
  }
}
