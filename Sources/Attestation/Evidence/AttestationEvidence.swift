/// A decoded piece of evidence: fields to look at, and signatures to judge.
public protocol AttestationEvidence: Sendable {
  static var format: EvidenceFormat { get }

  /// Whether the bytes look like this format, by the marks that a damaged piece still has. Cheap, and no promise that decoding succeeds.
  static func resembles(_ bytes: [UInt8]) -> Bool

  /// Decodes without judging. Bytes that nobody signed may follow a genuine piece; they are kept out of its meaning and shown as a field.
  init(decoding bytes: [UInt8]) throws(MalformedEvidence)

  /// Every field in the order of the bytes, with its meaning.
  var fields: [EvidenceField] { get }

  /// Judges signatures, endorsements and the platform's own state at the given time. Never throws: what is missing or wrong is a finding.
  func examine(in context: VerificationContext) -> Examination
}

/// One field of a piece of evidence, for people.
public struct EvidenceField: Sendable, Equatable, Codable {
  /// A path of names, such as `report.current_tcb.snp`.
  public var name: String
  public var value: String
  public var meaning: String
  /// Whether the piece's own signature covers it.
  public var isSigned: Bool

  public init(_ name: String, _ value: String, _ meaning: String, isSigned: Bool = true) {
    self.name = plain(name)
    self.value = plain(value)
    self.meaning = plain(meaning)
    self.isSigned = isSigned
  }
}
