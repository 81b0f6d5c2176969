import Attestation
import DevelopmentEvidence
import Foundation
import TestTPM
import Testing

/// Quotes by a real implementation of TPM 2.0 and by the tools that people use.
@Suite(
  .enabled(if: SoftwareTPM.programs != nil, "\(SoftwareTPM.finding)"),
  .timeLimit(.minutes(2)))
struct SoftwareTPMTests {
  private func context(_ files: [[UInt8]], pinning key: VerificationKey) throws -> VerificationContext {
    var endorsements = Endorsements()
    for file in files { try endorsements.add(file: file) }
    let anchor = TrustAnchors.Anchor(.tpm, name: "test", fingerprint: key.fingerprint)
    return VerificationContext(time: .now, anchors: TrustAnchors([anchor]), endorsements: endorsements)
  }

  private static let keys = [
    ("ecc", "ecdsa", "sha256"), ("ecc", "ecdsa", "sha384"), ("rsa", "rsassa", "sha256"), ("rsa", "rsapss", "sha256"),
  ]

  @Test(arguments: keys)
  func aQuoteOfARealBootVerifies(kind: String, scheme: String, hash: String) throws {
    let tpm = try SoftwareTPM()
    try tpm.run("tpm2_createek", "-c", "ek.ctx", "-G", "ecc", "-u", "ek.pub")
    try tpm.run("tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", kind, "-g", hash, "-s", scheme, "-u", "ak.pub", "-n", "ak.name")
    try tpm.run("tpm2_readpublic", "-c", "ak.ctx", "-f", "pem", "-o", "ak.pem")
    // The boot that the log tells of is done to the TPM.
    let boot = BootLogMaker(banks: [.sha256, .sha384])
    for event in boot.events {
      let digests = boot.banks.map { "\($0)=\(hexadecimal($0.digest(event.measured ?? event.data)))" }.joined(separator: ",")
      try tpm.run("tpm2_pcrextend", "\(event.pcr):\(digests)")
    }
    try tpm.run(
      "tpm2_quote", "-c", "ak.ctx", "--scheme", scheme, "-g", hash, "-l", "sha256:0,1,2,3,4,5,6,7,8+sha384:0,7", "-q",
      "00112233445566778899",
      "-m", "message", "-s", "signature", "-o", "pcrs")
    try tpm.run("tpm2_pcrread", "sha256:0,1,2,3,4,5,6,7,8+sha384:0,7")
    let (message, signature, values) = (try tpm.file("message"), try tpm.file("signature"), try tpm.file("pcrs"))
    let area = try TPMPublicArea(decoding: tpm.file("ak.pub"))
    #expect(area.name == (try tpm.file("ak.name")))

    // Every way of giving what belongs to it.
    let files = [try tpm.file("ak.pub"), try tpm.file("ek.pub")]
    for (bytes, files) in [
      (message + signature + values, [try tpm.file("ak.pem")]),
      (message + signature, files + [values, boot.log()]),
      (message + signature, files + [boot.log()]),
      (message + signature, files + [try tpm.file("tpm2_pcrread.output")]),
      (message + signature + values + boot.log(), files),
      ([0, UInt8(message.count)] + message + signature + values, files),
    ] {
      let examination = try TPMQuote(decoding: bytes).examine(in: context(files, pinning: area.key))
      #expect(examination.isGenuine, "\(examination.findings.filter { $0.outcome == .refused })")
      #expect(examination.platform.boundData == [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99])
      #expect(examination.platform.measurements.first { $0.name == "pcr8" }?.digest == boot.value(.sha256, 8))
      #expect(examination.platform.measurements.first { $0.name == "pcr7-sha384" }?.digest == boot.value(.sha384, 7))
      if files.count > 1 { #expect(examination.findings.contains { $0.rule == "tpm.qualified-signer" && $0.outcome == .satisfied }) }
    }
    let whole = message + signature + values
    let context = try context([tpm.file("ak.pub")], pinning: area.key)
    EvidenceMutation(TPMQuote.self, whole, context).flip(refusedIn: [0..<message.count + signature.count])
  }

  @Test func aKeyThatSignsAnythingAndTheWrongQuoteAreRefused() throws {
    let tpm = try SoftwareTPM()
    try tpm.run("tpm2_createek", "-c", "ek.ctx", "-G", "ecc", "-u", "ek.pub")
    for name in ["one", "two"] {
      try tpm.run("tpm2_createak", "-C", "ek.ctx", "-c", "\(name).ctx", "-G", "ecc", "-g", "sha256", "-s", "ecdsa", "-u", "\(name).pub")
      try tpm.run(
        "tpm2_quote", "-c", "\(name).ctx", "-g", "sha256", "-l", "sha256:0,2,4,7", "-q", "01", "-m", "\(name).message", "-s",
        "\(name).signature", "-o", "\(name).pcrs")
    }
    let key = try TPMPublicArea(decoding: tpm.file("one.pub")).key
    let context = try context([tpm.file("one.pub"), tpm.file("one.pcrs")], pinning: key)
    func fate(_ message: String, _ signature: String) throws -> EvidenceFate {
      EvidenceFate(TPMQuote.self, try tpm.file(message) + tpm.file(signature), in: context)
    }
    #expect(try fate("one.message", "one.signature") == .genuine)
    #expect(try fate("one.message", "two.signature").rules == ["tpm.signature"])
    #expect(try fate("two.message", "two.signature").rules == ["tpm.signature"])
    // The primary key below which both are restricts, but decrypts and does not sign.
    let endorsement = try TPMPublicArea(decoding: tpm.file("ek.pub"))
    #expect(endorsement.attributes.contains([.fixedTPM, .restricted, .decrypt]) && !endorsement.attributes.contains(.sign))
  }
}
