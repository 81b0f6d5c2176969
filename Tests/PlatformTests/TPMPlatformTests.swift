import Attestation
import Foundation
import Platform
import TestTPM
import Testing

/// A TPM in software, as this room speaks to it, and judged by the room that judges.
@Suite(.enabled(if: SoftwareTPM.programs != nil, "\(SoftwareTPM.finding)"), .timeLimit(.minutes(2)))
struct TPMPlatformTests {
  private static let binding = [UInt8](repeating: 0x5A, count: 32)

  private func examine(_ report: PlatformReport, pinning key: [UInt8]) throws -> Examination {
    let anchor = TrustAnchors.Anchor(.tpm, name: "test", fingerprint: try TPMPublicArea(decoding: key).key.fingerprint)
    return try TPMQuote(decoding: report.evidence).examine(in: VerificationContext(time: .now, anchors: TrustAnchors([anchor])))
  }

  @Test func aQuoteIsGenuineAndCarriesWhatItWasToldTo() throws {
    let tpm = try SoftwareTPM()
    try tpm.run("tpm2_pcrextend", "4:sha256=\(String(repeating: "ab", count: 32))")
    let platform = try TPMPlatform(path: tpm.socket)
    let report = try platform.report(binding: Self.binding)
    #expect(report.format == "tpm-quote" && report.endorsements == [])
    let examination = try examine(report, pinning: platform.attestationKey)
    #expect(examination.isGenuine, "\(examination.findings.filter { $0.outcome == .refused })")
    #expect(examination.platform.boundData == Self.binding)
    for rule in ["tpm.key-use", "tpm.qualified-signer", "tpm.pcr-values"] {
      #expect(examination.findings.contains { $0.rule == rule && $0.outcome == .satisfied }, "\(rule)")
    }
    #expect(examination.platform.measurements.map(\.name).sorted() == (Array(0...9) + Array(11...14)).map { "pcr\($0)" }.sorted())
    #expect(examination.platform.measurements.first { $0.name == "pcr4" }?.digest != [UInt8](repeating: 0, count: 32))
    // Someone else's key.
    #expect(try !examine(report, pinning: SoftwareTPM().key()).isGenuine)
  }

  @Test func theKeyIsTheSameAfterEachStartAndTakesNoPlaceForGood() throws {
    let tpm = try SoftwareTPM()
    let keys = try (0..<6).map { _ in try TPMPlatform(path: tpm.socket).attestationKey }
    #expect(Set(keys).count == 1)
  }

  @Test func aLogThatIsThereComesAlong() throws {
    let tpm = try SoftwareTPM()
    let path = tpm.folder.appendingPathComponent("log").path
    try Data("Spec".utf8).write(to: URL(fileURLWithPath: path))
    let platform = try TPMPlatform(connection: TPMDescriptor(path: tpm.socket), eventLog: EventLogFile(path: path))
    #expect(try platform.report(binding: Self.binding).evidence.firstRange(of: Array("event-logDSpec".utf8)) != nil)
    try Data(repeating: 1, count: (512 << 10) + 1).write(to: URL(fileURLWithPath: path))
    #expect(try platform.report(binding: Self.binding).evidence.count < 4096)
  }

  /// A conversation as it was, and each answer of it changed, cut, lengthened, and answered with an error.
  @Test func whateverAnAnswerIsNothingTrapsAndNoOldQuoteIsTaken() throws {
    let tpm = try SoftwareTPM()
    let recording = Recording()
    let genuine = try TPMPlatform(connection: RecordedTPM(TPMDescriptor(path: tpm.socket), recording)).report(binding: Self.binding)
    // The last is the key's end, which nobody waits for.
    let answers = Array(recording.answers.dropLast())
    #expect(answers.count > 4)
    func replay(_ answers: [[UInt8]], binding: [UInt8] = Self.binding) throws -> PlatformReport {
      try TPMPlatform(connection: ScriptedTPM(answers)).report(binding: binding)
    }
    #expect(try replay(answers) == genuine)
    let foreign = #expect(throws: PlatformError.self) { try replay(answers, binding: [UInt8](repeating: 1, count: 32)) }
    #expect(foreign?.code == .foreignReport)
    var refused = 0
    for index in answers.indices {
      // All of the head and of the first fields, then every seventh byte.
      for length in answers[index].indices where length < 24 || length % 7 == 0 {
        var changed = answers
        changed[index] = Array(answers[index][..<length])
        #expect(throws: PlatformError.self) { try replay(changed) }
        // The head says the length: a lie that fits is a lie further in.
        if length >= 10 {
          changed[index].replaceSubrange(2..<6, with: [0, 0, UInt8(length >> 8), UInt8(length & 0xFF)])
          if (try? replay(changed)) == nil { refused += 1 }
        }
        changed[index] = answers[index]
        changed[index][length] ^= 1 << UInt8(length % 8)
        if (try? replay(changed)) == nil { refused += 1 }
        changed[index][length] = 0xFF
        _ = try? replay(changed)
      }
      var changed = answers
      changed[index].append(0)
      #expect(throws: PlatformError.self) { try replay(changed) }
      changed[index] = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x01]
      #expect(#expect(throws: PlatformError.self) { try replay(changed) }?.code == .failed)
      changed[index] = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x09, 0x22]
      #expect(throws: PlatformError.self) { try replay(changed) }
    }
    #expect(refused > 100)
  }

  @Test func whatIsNoTPMIsSaid() throws {
    for (path, code) in [("/dev/no-such-tpm", PlatformError.Code.unavailable), ("/dev/null", .malformedAnswer), ("/dev/zero", .malformedAnswer)] {
      #expect(#expect(throws: PlatformError.self) { try TPMPlatform(path: path) }?.code == code, "\(path)")
    }
  }
}

extension SoftwareTPM {
  fileprivate func key() throws -> [UInt8] { try TPMPlatform(path: socket).attestationKey }
}
