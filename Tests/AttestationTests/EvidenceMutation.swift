import Attestation
import Testing

/// What becomes of a piece of evidence, whole or changed: it is decoded, its fields are read, and it is judged.
enum EvidenceFate: Equatable {
  case malformed(String)
  case refused([String])
  case genuine

  init(_ type: (some AttestationEvidence).Type, _ bytes: [UInt8], in context: VerificationContext) {
    do {
      let evidence = try type.init(decoding: bytes)
      _ = evidence.fields
      let examination = evidence.examine(in: context)
      self = examination.isGenuine ? .genuine : .refused(examination.findings.filter { $0.outcome == .refused }.map(\.rule))
    } catch {
      self = .malformed(error.field)
    }
  }

  var rules: [String] { if case .refused(let rules) = self { rules } else { [] } }
}

/// Changes to a piece of evidence, none of which may be accepted or trap.
struct EvidenceMutation<Evidence: AttestationEvidence> {
  var original: [UInt8]
  var context: VerificationContext

  init(_ type: Evidence.Type, _ original: [UInt8], _ context: VerificationContext) { (self.original, self.context) = (original, context) }

  func fate(_ bytes: [UInt8]) -> EvidenceFate { EvidenceFate(Evidence.self, bytes, in: context) }

  /// One bit of each byte, another one each time: none in the ranges may pass, none elsewhere may trap.
  func flip(refusedIn ranges: [Range<Int>], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(fate(original) == .genuine, "the original itself", sourceLocation: sourceLocation)
    for index in original.indices {
      let isSigned = ranges.contains { $0.contains(index) }
      // Every fourth byte of what nobody signed, for time's sake.
      guard isSigned || index % 4 == 0 else { continue }
      var bytes = original
      bytes[index] ^= 1 << UInt8(index / 4 % 8)
      let fate = fate(bytes)
      guard isSigned else { continue }
      #expect(fate != .genuine, "byte \(index)", sourceLocation: sourceLocation)
    }
  }

  /// Every length below the whole, but those that leave out only what a piece may lack.
  func truncate(genuineAt lengths: Set<Int> = [], sourceLocation: SourceLocation = #_sourceLocation) {
    for length in original.indices where !lengths.contains(length) {
      #expect(fate(Array(original.prefix(length))) != .genuine, "\(length) bytes", sourceLocation: sourceLocation)
    }
  }

  /// The same range from another genuine piece.
  func splice(_ other: [UInt8], _ range: Range<Int>) -> EvidenceFate {
    var bytes = original
    bytes.replaceSubrange(range, with: other[range])
    return fate(bytes)
  }
}

/// Where a part stands in a piece of evidence.
func range(of part: [UInt8], in bytes: [UInt8]) throws -> Range<Int> {
  let start = try #require(bytes.indices.first { bytes[$0...].starts(with: part) })
  return start..<start + part.count
}
