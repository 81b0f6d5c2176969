extension VerificationKey {
  /// A public key as a COSE_Key map (RFC 9052, section 7; RFC 9053, section 7), encoded.
  public init(coseKey bytes: [UInt8], of structure: String) throws(MalformedEvidence) {
    try self.init(coseKey: CBORDecoder.decode(bytes, of: structure), of: structure)
  }

  /// A public key as a COSE_Key map: EC2 on P-256, P-384 or P-521 with both coordinates, or Ed25519.
  public init(coseKey map: CBORValue, of structure: String) throws(MalformedEvidence) {
    func coordinate(_ label: Int64, _ name: String, _ length: Int) throws(MalformedEvidence) -> [UInt8] {
      guard let bytes = map[label]?.asBytes, bytes.count == length else {
        throw MalformedEvidence("\(structure), \(name)", found: map[label]?.kind ?? "nothing", wanted: "\(length) bytes")
      }
      return bytes
    }
    // Private parts belong to nobody who reads this.
    guard map[-4] == nil else { throw MalformedEvidence(structure, found: "a private key", wanted: "a public key") }
    let curve = map[-1]?.asInteger
    switch (map[1]?.asInteger, curve) {
    case (2, 1), (2, 2), (2, 3):
      let length = curve == 1 ? 32 : curve == 2 ? 48 : 66
      try self.init(point: coordinate(-2, "x", length) + coordinate(-3, "y", length))
    case (1, 6): try self.init(ed25519: coordinate(-2, "x", 32))
    default:
      throw MalformedEvidence(
        structure,
        found: map.asMap == nil
          ? map.kind : "key type \(map[1]?.asInteger.map(String.init) ?? "none"), curve \(curve.map(String.init) ?? "none")",
        wanted: "EC2 on P-256, P-384 or P-521, or Ed25519")
    }
  }
}
