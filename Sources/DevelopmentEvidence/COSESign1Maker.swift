/// Makes COSE_Sign1 (RFC 9052, section 4.2).
struct COSESign1Maker {
  var key: DevelopmentKey
  /// Of COSE's registry; nil: the one that is the key's.
  var algorithm: Int?
  var isTagged = true
  /// Protected headers besides the algorithm.
  var protected: [(CBORItem, CBORItem)] = []
  var unprotected: [(CBORItem, CBORItem)] = []

  init(key: DevelopmentKey) { self.key = key }

  func make(_ payload: [UInt8]) throws -> [UInt8] {
    let protected = CBORItem.sortedMap([(.integer(1), .integer(algorithm ?? Self.algorithm(of: key)))] + protected).encoded
    let signed = CBORItem.array([.text("Signature1"), .bytes(protected), .bytes([]), .bytes(payload)]).encoded
    let signature = try algorithm == Self.es384 ? key.es384Signature(signed) : key.rawSignature(signed)
    let message = CBORItem.array([.bytes(protected), .map(unprotected), .bytes(payload), .bytes(signature)])
    return (isTagged ? .tagged(18, message) : message).encoded
  }

  static let es384 = -35

  private static func algorithm(of key: DevelopmentKey) -> Int {
    switch key {
    case .p256: -7
    case .p384: es384
    case .ed25519: -8
    case .rsaPSS: -38
    }
  }
}
