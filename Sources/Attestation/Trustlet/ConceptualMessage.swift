/// A conceptual message wrapper (CMW, draft-ietf-rats-msg-wrap): bytes with the type of what they are.
struct ConceptualMessage: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case mediaType(String)
    /// CoAP's number of a content format.
    case contentFormat(UInt64)
  }

  /// application/eat+cwt (RFC 9782).
  static let token = Kind.contentFormat(263)

  var kind: Kind
  var value: [UInt8]

  /// Bits of the indicator, which says what part the message plays.
  static let evidence: UInt64 = 1 << 2
  static let endorsement: UInt64 = 1 << 1

  init(_ item: CBORValue, _ indicator: UInt64 = Self.evidence, of structure: String) throws(MalformedEvidence) {
    guard let parts = item.asArray, parts.count == 3, let value = parts[1].asBytes else {
      throw MalformedEvidence(structure, found: item.kind, wanted: "an array of type, bytes and indicator (CMW record)")
    }
    guard parts[2] == .unsigned(indicator) else {
      throw MalformedEvidence("\(structure), indicator", found: parts[2].asInteger.map { "\($0)" } ?? parts[2].kind, wanted: "\(indicator)")
    }
    switch parts[0] {
    case .text(let name): kind = .mediaType(name)
    case .unsigned(let number): kind = .contentFormat(number)
    default: throw MalformedEvidence("\(structure), type", found: parts[0].kind, wanted: "a media type or a content format")
    }
    self.value = value
  }
}
