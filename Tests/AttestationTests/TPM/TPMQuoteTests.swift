import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct TPMQuoteTests {
  private let now = Date(timeIntervalSince1970: 1_700_000_000)

  private func context(_ key: DevelopmentKey, files: [[UInt8]] = []) throws -> VerificationContext {
    var endorsements = Endorsements()
    for file in files { try endorsements.add(file: file) }
    let anchor = TrustAnchors.Anchor(.tpm, name: "test", fingerprint: try key.fingerprint)
    return VerificationContext(time: now, anchors: TrustAnchors([anchor]), endorsements: endorsements)
  }

  private func rules(_ maker: TPMQuoteMaker, _ context: VerificationContext? = nil) throws -> [String] {
    EvidenceFate(TPMQuote.self, try maker.make(), in: try context ?? self.context(maker.key)).rules
  }

  @Test(arguments: [TPMQuoteMaker.Form.map, .concatenated, .sized])
  func aMadeQuoteIsGenuineByEveryKindOfKey(form: TPMQuoteMaker.Form) throws {
    for (key, usesPSS) in [(DevelopmentKey.p256(), true), (.p384(), true), (try .rsaPSS(), true), (try .rsaPSS(), false)] {
      var maker = TPMQuoteMaker(key: key)
      (maker.form, maker.usesPSS, maker.extraData) = (form, usesPSS, Array("nonce".utf8))
      maker.boot.banks = [.sha256, .sha384]
      let files = form == .map ? [] : [try maker.publicArea(), maker.boot.log()]
      let bytes = try maker.make()
      #expect(TPMQuote.resembles(bytes))
      let examination = try TPMQuote(decoding: bytes).examine(in: context(key, files: files))
      #expect(examination.isGenuine, "\(examination.findings.filter { $0.outcome == .refused })")
      #expect(examination.platform.boundData == Array("nonce".utf8))
      #expect(examination.platform.debug == nil)
      #expect(examination.platform.measurements.count == 16)
      #expect(examination.platform.measurements.filter(\.isEssential).map(\.name) == ["pcr0", "pcr2", "pcr4", "pcr7"])
      #expect(examination.platform.measurements.first { $0.name == "pcr4" }?.digest == maker.boot.value(.sha256, 4))
      #expect(examination.platform.measurements.first { $0.name == "pcr4-sha384" }?.digest == maker.boot.value(.sha384, 4))
      #expect(examination.findings.contains { $0.rule == "tpm.memory" && $0.outcome == .noted })
      #expect(examination.findings.contains { $0.rule == "tpm.secure-boot" && $0.found == "Secure Boot on" })
      #expect(examination.findings.contains { $0.rule == "tpm.qualified-signer" && $0.outcome == .satisfied })
    }
  }

  @Test func aBareKeyIsEnoughWhereItIsPinned() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.includesKey = false
    #expect(try rules(maker) == ["tpm.key"])
    let key = try maker.key.subjectPublicKeyInfo
    let examination = try TPMQuote(decoding: maker.make()).examine(in: context(maker.key, files: [key]))
    #expect(examination.isGenuine)
    #expect(examination.findings.contains { $0.rule == "tpm.key-use" && $0.outcome == .noted })
    let pem =
      "-----BEGIN PUBLIC KEY-----\n\(Data(key).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed]))\n-----END PUBLIC KEY-----\n"
    #expect(try rules(maker, context(maker.key, files: [Array(pem.utf8)])) == [])
    #expect(try rules(maker, context(.p256(), files: [key])) == ["tpm.endorsement.root"])
    #expect(
      try rules(maker, context(maker.key, files: [DevelopmentKey.p256().subjectPublicKeyInfo])) == [
        "tpm.signature", "tpm.endorsement.root",
      ])
  }

  /// tpm2_quote writes message and signature in two files; one alone is told what it lacks.
  @Test func aMessageWithoutItsSignatureSaysSo() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.form = .concatenated
    let whole = try maker.make()
    // Algorithm, hash, and R and S of 32 bytes with their sizes.
    let message = Array(whole.dropLast(2 + 2 + 2 * (2 + 32)))
    let error = #expect(throws: MalformedEvidence.self) { try TPMQuote(decoding: message) }
    #expect(error?.wanted.contains("its signature") == true)
  }

  @Test func aKeyThatSignsAnythingIsRefused() throws {
    var maker = TPMQuoteMaker(key: .p384())
    for bit in [1, 4, 5, 16, 18] as [UInt32] {
      maker.attributes = 0x0005_0072 & ~(1 << bit)
      #expect(try rules(maker) == ["tpm.key-use"])
    }
    maker.attributes = 0x0007_0072
    #expect(try rules(maker) == ["tpm.key-use"])
  }

  @Test func certificatesEndorseTheKey() throws {
    let usage: [UInt8] = [0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x03]
    let root = CertificateMaker(name: "Maker of TPMs", key: .p384())
    var maker = TPMQuoteMaker(key: .p256())
    maker.includesKey = false
    func leaf(_ extensions: [CertificateMaker.Extension], to end: Date) throws -> [UInt8] {
      try root.certificate(
        subject: "An attestation key", subjectPublicKeyInfo: maker.key.subjectPublicKeyInfo, notBefore: now - 10, notAfter: end,
        isAuthority: false, extensions: extensions)
    }
    let forAttestation = CertificateMaker.Extension([2, 5, 29, 37], usage)
    let rootCertificate = try root.rootCertificate(notBefore: now - 10, notAfter: now + 10)
    let good = try leaf([forAttestation], to: now + 10)
    maker.certificates = [good, rootCertificate]
    #expect(try rules(maker, context(root.key)) == [])
    #expect(try rules(maker, context(.p384())) == ["tpm.endorsement.root"])
    maker.certificates = [rootCertificate, good]
    #expect(try rules(maker, context(root.key)).contains("tpm.signature"))
    maker.certificates = [try leaf([], to: now + 10), rootCertificate]
    #expect(try rules(maker, context(root.key)) == ["tpm.key-use"])
    maker.certificates = [try leaf([forAttestation], to: now - 1), rootCertificate]
    #expect(try rules(maker, context(root.key)) == ["tpm.endorsement.validity"])
    maker.certificates = []
    #expect(try rules(maker, context(root.key, files: [rootCertificate, good])) == [])
    let list = try root.revocationList(revoking: [1], thisUpdate: now - 5, nextUpdate: now + 5)
    #expect(try rules(maker, context(root.key, files: [rootCertificate, good, list])) == ["tpm.endorsement.revocation"])
    // Public areas of the same key have their say beside its certificate.
    maker.attributes = 0x0004_0072
    #expect(try rules(maker, context(root.key, files: [rootCertificate, good, maker.publicArea()])) == ["tpm.key-use"])
  }

  @Test func valuesComeFromWhereTheyAre() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.includesLog = false
    #expect(try rules(maker) == [])
    maker.includesValues = false
    #expect(try rules(maker) == ["tpm.pcr-values"])
    #expect(try rules(maker, context(maker.key, files: [maker.boot.log()])) == [])
    let text = "sha256:\n" + maker.selected.map { "    \($0) : 0x\(hexadecimal(maker.boot.value(.sha256, $0)).uppercased())\n" }.joined()
    #expect(try rules(maker, context(maker.key, files: [Array(text.utf8)])) == [])
    #expect(try rules(maker, context(maker.key, files: [Array(text.replacing("A", with: "B").utf8)])) == ["tpm.pcr-values"])
    maker.selected = []
    #expect(try rules(maker) == ["tpm.pcr-values"])
  }

  @Test func weakBanksAreRefused() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.boot.banks = [.sha1]
    #expect(try rules(maker).contains("tpm.pcr-bank"))
    maker.boot.banks = [.sha1, .sha256]
    #expect(try rules(maker).contains("tpm.pcr-bank"))
  }

  @Test func whatTheTPMSaysIsShown() throws {
    var maker = TPMQuoteMaker(key: .p256())
    (maker.isClockSafe, maker.selected, maker.resetCount) = (false, [0, 7], 41)
    let quote = try TPMQuote(decoding: maker.make())
    let findings = try quote.examine(in: context(maker.key)).findings
    #expect(findings.contains { $0.rule == "tpm.clock" && $0.outcome == .noted && $0.found.contains("41") })
    #expect(findings.contains { $0.rule == "tpm.pcr-coverage" && $0.found.contains("PCR 4") })
    #expect(quote.fields.contains { $0.name == "pcrs.sha256.7" && $0.isSigned })
    #expect(quote.fields.contains { $0.name == "event-log.2" && $0.value.contains("SecureBoot = 1 (on)") && !$0.isSigned })
    #expect(quote.fields.contains { $0.value.contains("\\EFI\\BOOT\\BOOTX64.EFI") })
  }

  @Test func otherStructuresAreMalformed() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.magic = 0xff54_4346
    #expect(EvidenceFate(TPMQuote.self, try maker.make(), in: try context(maker.key)) == .malformed("TPM quote, magic"))
    (maker.magic, maker.type) = (0xff54_4347, 0x8017)
    #expect(EvidenceFate(TPMQuote.self, try maker.make(), in: try context(maker.key)) == .malformed("TPM quote, type"))
  }

  @Test func everySignedByteCounts() throws {
    var maker = TPMQuoteMaker(key: .p256())
    maker.extraData = Array("nonce".utf8)
    let bytes = try maker.make()
    let context = try context(maker.key)
    // The map holds a signature of its own making.
    let quote = try TPMQuote(decoding: bytes)
    let signature = try range(of: quote.signature.first, in: bytes).lowerBound - 6
    var ranges = [try range(of: quote.attestation.bytes, in: bytes), signature..<signature + 72]
    ranges += try maker.selected.map { try range(of: maker.boot.value(.sha256, $0), in: bytes) }
    for event in maker.boot.events where event.pcr < 8 {
      ranges.append(try range(of: BootLogMaker.Bank.sha256.digest(event.measured ?? event.data), in: bytes))
    }
    EvidenceMutation(TPMQuote.self, bytes, context).flip(refusedIn: ranges)
    EvidenceMutation(TPMQuote.self, bytes, context).truncate()
  }

  @Test func partsOfTwoQuotesDoNotFit() throws {
    var maker = TPMQuoteMaker(key: .p256())
    (maker.form, maker.extraData) = (.concatenated, [1])
    let context = try context(maker.key, files: [maker.publicArea(), maker.boot.log()])
    let attested = try maker.attested()
    let own = try maker.signature(attested)
    #expect(EvidenceFate(TPMQuote.self, attested + own, in: context) == .genuine)
    EvidenceMutation(TPMQuote.self, attested + own, context).truncate()
    maker.extraData = [2]
    #expect(EvidenceFate(TPMQuote.self, try maker.attested() + own, in: context).rules == ["tpm.signature"])
    maker.extraData = [1]
    maker.boot.events = BootLogMaker.plainBoot(loader: Array("another".utf8))
    #expect(try rules(maker, context) == ["tpm.pcr-values", "tpm.event-log"])
    let trailing = try TPMQuote(decoding: attested + own + [1, 2, 3])
    #expect(trailing.examine(in: context).isGenuine && trailing.fields.contains { $0.name == "trailing" && !$0.isSigned })
  }
}
