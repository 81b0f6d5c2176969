import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct EventLogTests {
  private func findings(_ maker: TPMQuoteMaker, log: [UInt8]) throws -> [Finding] {
    var maker = maker
    maker.includesLog = false
    var endorsements = Endorsements()
    try endorsements.add(file: log)
    let anchor = TrustAnchors.Anchor(.tpm, name: "test", fingerprint: try maker.key.fingerprint)
    let context = VerificationContext(time: .now, anchors: TrustAnchors([anchor]), endorsements: endorsements)
    return try TPMQuote(decoding: maker.make()).examine(in: context).findings
  }

  private func refused(_ maker: TPMQuoteMaker, log: [UInt8]) throws -> [String] {
    try findings(maker, log: log).filter { $0.outcome == .refused }.map(\.rule)
  }

  @Test func aLogReplaysToItsRegisters() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.boot.startupLocality = 3
    maker.selected = [0, 4, 7, 8, 17, 23]
    #expect(try refused(maker, log: maker.boot.log()) == [])
    // Firmware leaves the rest of its table unused.
    #expect(try refused(maker, log: maker.boot.log() + [UInt8](repeating: 0xff, count: 100)) == [])
  }

  @Test func anotherBootsLogIsRefused() throws {
    let maker = TPMQuoteMaker(key: .p256())
    var other = maker.boot
    other.events = BootLogMaker.plainBoot(secureBoot: false)
    #expect(try refused(maker, log: other.log()) == ["tpm.event-log"])
    other = maker.boot
    other.events.swapAt(2, 3)
    #expect(try refused(maker, log: other.log()) == ["tpm.event-log"])
    other = maker.boot
    other.events.removeLast(2)
    #expect(try refused(maker, log: other.log()) == ["tpm.event-log"])
    other = maker.boot
    other.banks = [.sha384]
    #expect(try refused(maker, log: other.log()) == ["tpm.event-log"])
    other = maker.boot
    other.startupLocality = 3
    #expect(try refused(maker, log: other.log()) == ["tpm.event-log"])
  }

  @Test func dataThatWasNotMeasuredIsRefused() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.boot.events = BootLogMaker.plainBoot(secureBoot: false)
    var pretended = maker.boot
    pretended.events[2].measured = pretended.events[2].data
    pretended.events[2].data = BootLogMaker.variable("SecureBoot", [1])
    let findings = try findings(maker, log: pretended.log())
    #expect(findings.filter { $0.outcome == .refused }.map(\.rule) == ["tpm.event-log.data"])
    #expect(!findings.contains { $0.found == "Secure Boot on" })
    #expect(try self.findings(maker, log: maker.boot.log()).contains { $0.found == "Secure Boot off" })
  }

  @Test func whatTheSystemMeasuresLaterIsNoted() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.selected = [0, 7, 10]
    maker.boot.laterMeasurements = [.init(pcr: 10, type: 6, data: [1])]
    let findings = try findings(maker, log: maker.boot.log())
    #expect(!findings.contains { $0.outcome == .refused })
    #expect(findings.contains { $0.rule == "tpm.event-log.later" && $0.found.contains("PCR 10") })
    maker.boot.laterMeasurements = [.init(pcr: 7, type: 6, data: [1])]
    #expect(try refused(maker, log: maker.boot.log()) == ["tpm.event-log"])
  }

  @Test func theOlderFormIsRefusedByName() throws {
    for mark in ["Spec ID Event02", "Spec ID Event00"] {
      let log = [UInt8](repeating: 0, count: 28) + [32, 0, 0, 0] + Array(mark.utf8) + [UInt8](repeating: 0, count: 17)
      let error = #expect(throws: MalformedEvidence.self) {
        var endorsements = Endorsements()
        try endorsements.add(file: log)
      }
      #expect(error?.field == "event log, mark" && error?.wanted.contains("SHA-1") == true)
    }
    let plain = [UInt8](repeating: 0, count: 28) + [32, 0, 0, 0] + [UInt8](repeating: 1, count: 32)
    #expect(throws: MalformedEvidence.self) { try EventLog(decoding: plain) }
  }

  @Test func noLogTraps() throws {
    let log = BootLogMaker(banks: [.sha1, .sha256]).log()
    var maker = TPMQuoteMaker(key: .p256())
    maker.form = .concatenated
    let quote = try maker.make()
    for index in stride(from: 0, to: log.count, by: 3) {
      var changed = log
      changed[index] ^= 1 << UInt8(index % 8)
      if let piece = try? TPMQuote(decoding: quote + changed) { #expect(!piece.fields.isEmpty) }
      if index % 7 == 0, let piece = try? EventLog(decoding: Array(log.prefix(index))) { #expect(piece.events.count < 19) }
    }
    // Lengths that are beyond what is there.
    for offset in [28, 60] {
      var changed = log
      changed.replaceSubrange(offset..<offset + 4, with: [0xff, 0xff, 0xff, 0xff])
      #expect(throws: MalformedEvidence.self) { try EventLog(decoding: changed) }
    }
  }

  @Test func textOfEventsIsBoundedAndPrintable() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.boot.events += [
      .init(pcr: 9, type: 0xd, data: Array("\u{1b}[2J hidden \u{202e}".utf8)), .init(pcr: 9, type: 0xd, data: [UInt8](repeating: 0x41, count: 100_000)),
      .init(pcr: 9, type: 0x8000_0003, data: [UInt8](repeating: 0xff, count: 64)),
      .init(pcr: 9, type: 0x8000_0001, data: BootLogMaker.variable("\u{1b}[31m\u{e9}", [1])), .init(pcr: 9, type: 0xdead_beef, data: []),
    ]
    let fields = try TPMQuote(decoding: maker.make()).fields
    #expect(fields.allSatisfy { $0.value.utf8.allSatisfy { (0x20...0x7e).contains($0) } && $0.value.utf8.count < 400 })
    #expect(fields.contains { $0.value.contains("event type 0xdeadbeef") })
  }
}
