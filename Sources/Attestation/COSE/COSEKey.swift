/// Public keys as COSE writes them (COSE_Key, RFC 9052 section 7, RFC 9053 section 7).
extension VerificationKey {
  public init(coseKey item: CBORValue, of structure: String) throws(MalformedEvidence) {
    guard item.asMap != nil else { throw MalformedEvidence(structure, found: item.kind, wanted: "a map (COSE_Key)") }
    func coordinate(_ label: Int64, _ count: Int) throws(MalformedEvidence) -> [UInt8] {
      guard let bytes = item[label]?.asBytes, bytes.count == count else {
        throw MalformedEvidence("\(structure), coordinate \(label)", found: item[label]?.kind ?? "nothing", wanted: "\(count) bytes")
      }
      return bytes
    }
    switch (item[1]?.asInteger, item[-1]?.asInteger) {
    case (2, 1): try self.init(point: coordinate(-2, 32) + coordinate(-3, 32))
    case (2, 2): try self.init(point: coordinate(-2, 48) + coordinate(-3, 48))
    case (2, 3): try self.init(point: coordinate(-2, 66) + coordinate(-3, 66))
    case (1, 6): try self.init(ed25519: coordinate(-2, 32))
    case (let type, let curve):
      throw MalformedEvidence(
        structure, found: "key type \(type.map { "\($0)" } ?? "none"), curve \(curve.map { "\($0)" } ?? "none")",
        wanted: "EC2 on P-256, P-384 or P-521, or OKP on Ed25519")
    }
  }
}
