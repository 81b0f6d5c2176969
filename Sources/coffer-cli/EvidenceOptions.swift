import ArgumentParser
import Attestation
import Coffer
import Foundation

/// What every command takes that judges evidence.
struct EvidenceOptions: ParsableArguments {
  @Argument(help: "The evidence: a file, binary, as hexadecimal or base64 text, or so in JSON; '-' for standard input. Its format is detected.")
  var evidence: String

  @Option(
    help: ArgumentHelp(
      "What its makers publish about it: certificates, revocation lists, keys (PEM or DER), Intel's collateral (JSON), event logs. May be repeated.",
      valueName: "file"))
  var collateral: [String] = []

  @Option(help: ArgumentHelp("Judge as of this time (RFC 3339, as 2026-11-21T12:00:00Z); now if left out.", valueName: "time"), transform: Self.time)
  var time: Date?

  static let sizeLimit = 4 << 20

  @Sendable private static func time(_ text: String) throws -> Date {
    guard let time = Attestation.time(timestamp: text) else { throw CommandFailure("expected a time as 2026-11-21T12:00:00Z") }
    return time
  }

  func bytes() throws -> [UInt8] {
    let bytes = try InputFile.contents(of: evidence, limit: Self.sizeLimit)
    guard !bytes.isEmpty else { throw CommandFailure("\(evidence) is empty; expected evidence") }
    return evidenceBytes(file: bytes)
  }

  /// The format that the bytes look like.
  func format(of bytes: [UInt8]) throws -> EvidenceFormat {
    if let format = EvidenceFormat.detect(bytes) { return format }
    throw CommandFailure(
      "\(evidence) is no evidence that Coffer knows: \(bytes.count) bytes beginning \(hexadecimal(bytes.prefix(8))); "
        + "known are: \(EvidenceFormat.allCases.map(\.title).joined(separator: ", "))")
  }

  func context(_ anchors: TrustAnchors) throws -> VerificationContext {
    var endorsements = Endorsements()
    for path in collateral {
      do {
        try endorsements.add(file: try InputFile.contents(of: path, limit: Endorsements.maximumFileSize))
      } catch let error as MalformedEvidence {
        throw CommandFailure("\(path): \(error)")
      }
    }
    return VerificationContext(time: time ?? Date(), anchors: anchors, endorsements: endorsements)
  }
}

/// Runs the work of a command about evidence: input that cannot be used is status 2, never 1, which is a refusal.
func reportingEvidence(_ work: () throws -> Void) throws {
  do {
    try work()
  } catch let code as ExitCode {
    throw code
  } catch {
    Terminal.complain("\(error)")
    throw ExitStatus.unusable
  }
}
