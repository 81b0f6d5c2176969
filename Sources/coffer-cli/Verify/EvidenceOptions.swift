import ArgumentParser
import Attestation
import Coffer
import Foundation

/// What every command takes that judges evidence.
struct EvidenceOptions: ParsableArguments {
  @Argument(help: "The evidence: a file, binary, as hexadecimal or base64 text, or so in JSON; '-' for standard input. Its format is detected.", completion: .file())
  var evidence: String

  @Option(
    help: ArgumentHelp(
      "What is published about it: certificates, revocation lists, keys (PEM or DER), Intel's collateral (JSON), event logs. May be repeated.",
      valueName: "file"), completion: .file())
  var collateral: [String] = []

  @Option(
    help: ArgumentHelp("Judge as of this time (RFC 3339, as 2026-11-21T12:00:00Z); now if left out.", valueName: "time"),
    transform: Self.time)
  var time: Date?

  static let sizeLimit = 4 << 20

  @Sendable private static func time(_ text: String) throws -> Date {
    guard let time = Attestation.time(timestamp: text) else { throw CommandFailure("expected a time as 2026-11-21T12:00:00Z") }
    return time
  }

  enum Evidence {
    case decoded(any AttestationEvidence)
    /// It shows by its marks what it is, and is not well formed.
    case damaged(EvidenceFormat, MalformedEvidence)
  }

  /// - Parameter other: A file that the command reads beside the evidence and its collateral.
  func read(alone other: String? = nil) throws -> Evidence {
    guard ([evidence, other].compactMap { $0 } + collateral).count(where: { $0 == "-" }) <= 1 else {
      throw CommandFailure("'-' is given more than once; standard input can be only one file")
    }
    let file = try InputFile.contents(of: evidence, limit: Self.sizeLimit)
    guard !file.isEmpty else { throw CommandFailure("\(InputFile.shown(evidence)) is empty; expected evidence") }
    guard let evidence = try Self.decode(file) else {
      throw CommandFailure(
        "\(InputFile.shown(evidence)) is no evidence that Coffer knows: \(file.count) bytes beginning \(hexadecimal(file.prefix(8))); "
          + "known are: \(EvidenceFormat.allCases.map(\.title).joined(separator: ", "))")
    }
    return evidence
  }

  /// Nil when the bytes look like no evidence.
  static func decode(_ file: [UInt8]) throws -> Evidence? {
    let bytes = evidenceBytes(file: file)
    guard let format = EvidenceFormat.detect(bytes) else { return nil }
    do throws(MalformedEvidence) {
      return .decoded(try format.decode(bytes))
    } catch {
      return .damaged(format, error)
    }
  }

  func context(_ anchors: TrustAnchors) throws -> VerificationContext {
    var endorsements = Endorsements()
    for path in collateral {
      do {
        try endorsements.add(file: try InputFile.contents(of: path, limit: Endorsements.maximumFileSize))
      } catch let error as MalformedEvidence {
        throw CommandFailure("\(InputFile.shown(path)): \(error)")
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
