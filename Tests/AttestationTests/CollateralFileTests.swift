import Attestation
import DevelopmentEvidence
import Foundation
import Testing

/// Collateral as people have it: services' answers and files beside each other.
@Suite struct CollateralFileTests {
  /// Percent-encoded, as Intel's headers have chains.
  private func encoded(_ pem: String) -> String {
    pem.replacing("\n", with: "%0A").replacing(" ", with: "%20").replacing("+", with: "%2B").replacing("=", with: "%3D")
  }

  private func refused(_ scene: DCAPScene, _ files: [[UInt8]]) throws -> [String] {
    var context = try scene.context(collateral: files[0])
    for file in files.dropFirst() { try context.endorsements.add(file: file) }
    return try scene.decode(scene.quote.make(by: scene.authority)).examine(in: context).refusedRules
  }

  private static let unsigned: Set<String> = ["tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain"]

  @Test(arguments: DCAPQuoteMaker.Kind.allCases) func chainsAreReadFromHeaders(kind: DCAPQuoteMaker.Kind) throws {
    var scene = DCAPScene(kind)
    scene.collateral.omitted = Self.unsigned
    let json = try scene.collateral.make(by: scene.authority)
    #expect(try refused(scene, [json]).contains("tcb-info.signature"))
    let chain = try encoded(scene.authority.tcbSignerChain())
    let header = "TCB-Info-Issuer-Chain: \(chain)"
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(header)\r\nRequest-ID: 1\r\n\r\n"
    for files in [
      [Array(answer.utf8) + json], [Array(answer.utf8), json], [json, Array(header.utf8)], [json, Array("\(chain)\n".utf8)],
      [Array("\(header.lowercased().prefix(22))\(chain)\n\n".utf8) + json],
    ] {
      #expect(try refused(scene, files) == [])
    }
  }

  /// A list in DER in a whole answer.
  @Test func bodiesMayBeBinary() throws {
    let scene = DCAPScene(.tdx4)
    let list = try scene.authority.root.revocationList(revoking: [], thisUpdate: DCAPScene.start, nextUpdate: DCAPScene.end)
    var endorsements = Endorsements()
    try endorsements.add(file: Array("HTTP/2 200\nserver: x\n\n".utf8) + list)
    #expect(endorsements.revocationLists.count == 1)
    for text in ["HTTP/2 200\n\nabc", "HTTP/1.1 404 Not Found\r\n\r\n<html>", "tcb-info-issuer-chain: -----BEGIN%20X%zz"] {
      #expect(throws: MalformedEvidence.self) { try endorsements.add(file: Array(text.utf8)) }
    }
  }

  /// The signer's certificate alone: the quote holds the root.
  @Test func aSignerAloneIsCompletedByTheQuotesRoot() throws {
    var scene = DCAPScene(.tdx4)
    scene.collateral.omitted = Self.unsigned
    let json = try scene.collateral.make(by: scene.authority)
    let signer = try scene.authority.tcbSignerCertificate()
    #expect(try refused(scene, [json, signer]) == [])
    // Another's signer finds no root in this quote that signed it.
    let other = DCAPAuthority(notBefore: DCAPScene.start - 86_400, notAfter: DCAPScene.end + 86_400)
    let refusals = try refused(scene, [json, other.tcbSignerCertificate()])
    #expect(refusals.contains("tcb-signing.chain") && refusals.contains("tcb-info.signature"))
  }

  /// Quotes that only name the platform's certificate, with its chain in files beside.
  @Test func theChainOfThePlatformMayStandBeside() throws {
    var scene = DCAPScene(.sgx3)
    (scene.quote.certificationType, scene.quote.certificationData) = (1, [UInt8](repeating: 7, count: 36))
    let json = try scene.collateral.make(by: scene.authority)
    #expect(try refused(scene, [json]).contains("pck.chain"))
    let leaf = Array(DCAPAuthority.pem([try scene.authority.pckCertificate()]).utf8)
    #expect(try refused(scene, [json, leaf, Array(try scene.authority.pckIssuerChain().utf8)]) == [])
    #expect(try refused(scene, [json, leaf]).contains("pck.certificate"))
  }

  /// Azure's metadata service, and agents that send certificates with the report.
  @Test func certificatesAreReadFromJSON() throws {
    let chip = try SNPChips.chip()
    let report = try SNPReport(decoding: SNPReportMaker(chip).makeReport(signedBy: chip.key))
    func pem(_ certificates: [[UInt8]]) -> String { DCAPAuthority.pem(certificates).replacing("\n", with: "\\n") }
    let leaf = try chip.keyCertificate()
    let chain = pem([try chip.issuerCertificate(), try chip.rootCertificate()])
    for text in [
      #"{"vcekCert":"\#(pem([leaf]))","tcbm":"DB18000000000004","certificateChain":"\#(chain)","cacheControl":"86400"}"#,
      #"{"report": [1, 2], "vcek": "\#(pem([leaf]))\#(chain)"}"#,
      #"{"evidence": {"cert_chain": {"vcek": "\#(Data(leaf).base64EncodedString())"}}, "certificateChain": "\#(chain)"}"#,
    ] {
      #expect(try report.examine(in: SNPChips.context([Array(text.utf8)])).isGenuine)
    }
    let broken = Array(#"{"vcekCert": "AAAA"}"#.utf8)
    #expect(throws: MalformedEvidence.self) { _ = try SNPChips.context([broken]) }
  }

  /// RFC 7517: keys of CCA platforms are kept so.
  @Test func keysAreReadFromJSON() throws {
    func url(_ bytes: ArraySlice<UInt8>) -> String {
      Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    for (made, curve, length) in [(DevelopmentKey.p256(), "P-256", 32), (.p384(), "P-384", 48)] {
      let (point, encoded) = (made.point, try made.subjectPublicKeyInfo)
      let (x, y) = (url(point.prefix(length)), url(point.suffix(length)))
      var endorsements = Endorsements()
      try endorsements.add(file: Array(#"{"kty": "EC", "kid": "1", "crv": "\#(curve)", "x": "\#(x)", "y": "\#(y)"}"#.utf8))
      #expect(endorsements.keys.map(\.subjectPublicKeyInfo) == [encoded])
      for text in [
        #"{"kty":"EC","crv":"\#(curve)","x":"\#(x)","y":"\#(y)","d":"AAAA"}"#, #"{"kty":"EC","crv":"\#(curve)","x":"\#(x)"}"#,
        #"{"kty":"EC","crv":"\#(curve)","x":"\#(x)","y":"\#(x)"}"#, #"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#,
        #"{"kty":"EC","crv":"\#(curve)","x":"\#(x)A","y":"\#(y)"}"#,
      ] {
        #expect(throws: MalformedEvidence.self) { try endorsements.add(file: Array(text.utf8)) }
      }
    }
  }

  @Test func nestingIsBounded() throws {
    var endorsements = Endorsements()
    let answers = Array([[UInt8]](repeating: Array("HTTP/1.1\n\n".utf8), count: 20_000).joined())
    let error = #expect(throws: MalformedEvidence.self) { try endorsements.add(file: answers) }
    #expect(error?.found == "answers within answers")
    var json = #"{"vcek": "AAAA"}"#
    for _ in 0..<8 { json = #"{"vcek": "\#(Data(json.utf8).base64EncodedString())"}"# }
    #expect(throws: MalformedEvidence.self) { try endorsements.add(file: Array(json.utf8)) }
  }

  /// Every part of an answer and of JSON cut or changed: an error or something read, never a trap.
  @Test func damageIsAnError() throws {
    let scene = DCAPScene(.tdx4)
    let chain = try encoded(scene.authority.tcbSignerChain())
    let answer = Array("HTTP/1.1 200 OK\r\nTCB-Info-Issuer-Chain: \(chain)\r\n\r\n".utf8) + (try scene.collateral.make(by: scene.authority))
    let json = Array(#"{"a": {"vcek": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "quote": [1, 2, "\u00e9"]}"#.utf8)
    for whole in [answer, json] {
      for index in stride(from: 0, to: whole.count, by: whole.count > 1000 ? 401 : 1) {
        var endorsements = Endorsements()
        var changed = whole
        changed[index] ^= 1 << (index % 8)
        for bytes in [Array(whole[..<index]), changed] {
          try? endorsements.add(file: bytes)
          _ = EvidenceFormat.detect(evidenceBytes(file: bytes))
        }
      }
    }
  }
}
