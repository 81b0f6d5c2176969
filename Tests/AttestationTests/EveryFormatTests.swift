import Attestation
import DevelopmentEvidence
import Foundation
import SeededNumbers
import Testing

/// Pieces of every format at hand, damaged at random in the same way each time: whatever they are then taken for, nothing traps.
@Suite struct EveryFormatTests {
  private func pieces() throws -> [[UInt8]] {
    var quote = TPMQuoteMaker(key: .p256())
    var pieces = [try quote.make(), try KeystoneReportMaker().make()]
    quote.form = .concatenated
    pieces.append(try quote.make() + quote.boot.log())
    guard Vectors.areThere else { return pieces }
    for name in ["cca/cca_token.cbor", "nitro/valid.cbor", "sev-snp/milan-v2-debug-policy.bin", "tdx/sgx-v3.quote", "tdx/v4.quote"] {
      pieces.append(try Vectors.bytes("attestation/" + name))
    }
    return pieces
  }

  private func damaged(_ piece: [UInt8], with others: [[UInt8]], _ chance: inout SeededGenerator) -> [UInt8] {
    var bytes = piece
    for _ in 0..<Int.random(in: 1...3, using: &chance) {
      guard !bytes.isEmpty else { return bytes }
      let start = Int.random(in: 0..<bytes.count, using: &chance)
      let range = start..<min(bytes.count, start + Int.random(in: 1...8, using: &chance))
      switch Int.random(in: 0..<6, using: &chance) {
      case 0: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
      case 1: bytes.replaceSubrange(range, with: range.map { _ in 0xff })
      case 2: bytes.replaceSubrange(range, with: range.map { _ in 0 })
      case 3: bytes.removeSubrange(range)
      case 4: bytes.insert(contentsOf: bytes[range], at: start)
      default:
        let other = others[Int.random(in: 0..<others.count, using: &chance)]
        let end = min(other.count, start + 64)
        if start < end { bytes.replaceSubrange(range, with: other[start..<end]) }
      }
    }
    return bytes
  }

  @Test func damagedPiecesTrapNowhere() throws {
    let pieces = try pieces()
    let context = VerificationContext(time: Date(timeIntervalSince1970: 1_750_000_000))
    var chance = SeededGenerator(seed: 4)
    var (decoded, unknown) = (0, 0)
    for piece in pieces {
      #expect(EvidenceFormat.detect(piece) != nil)
      for _ in 0..<100 {
        let bytes = damaged(piece, with: pieces, &chance)
        guard let format = EvidenceFormat.detect(bytes) else {
          unknown += 1
          continue
        }
        guard let evidence = try? format.decode(bytes) else { continue }
        decoded += 1
        #expect(!evidence.fields.isEmpty && !evidence.examine(in: context).findings.isEmpty)
      }
    }
    // Damage must not hide what a piece was meant to be, nor be so great that nothing of it is read.
    #expect(unknown < pieces.count * 25 && decoded > pieces.count * 10, "\(unknown) unknown, \(decoded) decoded")
  }

  /// A piece is taken for what it is, and by no other format's marks.
  @Test func everyPieceHasOneFormat() throws {
    var quote = TPMQuoteMaker(key: .p256())
    #expect(EvidenceFormat.detect(try quote.make()) == .tpm)
    for form in [TPMQuoteMaker.Form.concatenated, .sized] {
      quote.form = form
      #expect(EvidenceFormat.detect(try quote.make()) == .tpm)
    }
    #expect(EvidenceFormat.detect(try KeystoneReportMaker().make()) == .keystone)
  }
}
