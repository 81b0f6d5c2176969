import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct DCAPCollateralTests {
  @Test func whatIsMissingIsNamed() throws {
    for (member, word) in [("tcb_info", "TCB info"), ("qe_identity", "identity")] {
      var scene = DCAPScene(.tdx4)
      scene.collateral.shape = .answers
      scene.collateral.omitted = [member]
      let examination = try scene.examine()
      #expect(examination.refusedRules == ["collateral"])
      let finding = try #require(examination.findings.first { $0.rule == "tdx.collateral" })
      #expect(finding.found.contains(word))
      #expect(finding.remedy?.contains("fmspc=b0c06f000000") == true)
    }
    for member in ["root_ca_crl", "pck_crl"] {
      var scene = DCAPScene(.tdx4)
      scene.collateral.omitted = [member]
      #expect(try scene.refused().contains("pck.revocation"), "\(member)")
    }
    var scene = DCAPScene(.tdx4)
    scene.collateral.omitted = ["root_ca_crl", "pck_crl"]
    #expect(try scene.refused() == ["collateral"])
    scene.collateral.omitted = ["tcb_info_issuer_chain", "qe_identity_issuer_chain"]
    #expect(try scene.refused().contains("tcb-signing.chain"))
  }

  @Test func timesOutsideAreRefusedByName() throws {
    let scene = DCAPScene(.sgx3)
    let all = ["pck.revocation", "tcb-signing.revocation", "tcb-info.validity", "qe-identity.validity"]
    #expect(try scene.refused(at: DCAPScene.start - 1) == all)
    #expect(try scene.refused(at: DCAPScene.end + 1) == all)
    #expect(try scene.refused(at: DCAPScene.start) == [])
    #expect(try scene.refused(at: DCAPScene.end) == [])
    #expect(try scene.refused(at: DCAPScene.end + 2 * 86_400).contains("pck.validity"))
  }

  @Test func whatIsRevokedIsRefusedByName() throws {
    var scene = DCAPScene(.tdx4)
    scene.collateral.revokedByPCKIssuer = [99, scene.authority.pckSerial]
    #expect(try scene.refused() == ["pck.revocation"])
    scene = DCAPScene(.tdx4)
    scene.collateral.revokedByRoot = [scene.authority.pckIssuerSerial]
    #expect(try scene.refused() == ["pck.revocation"])
    scene = DCAPScene(.tdx4)
    scene.collateral.revokedByRoot = [scene.authority.tcbSignerSerial]
    #expect(try scene.refused() == ["tcb-signing.revocation"])
    scene = DCAPScene(.tdx4)
    (scene.collateral.revokedByRoot, scene.collateral.revokedByPCKIssuer) = ([scene.authority.pckSerial], [scene.authority.tcbSignerSerial])
    #expect(try scene.refused() == [], "each list speaks of its own issuer's certificates")
  }

  @Test func collateralOfAnotherPlatformIsRefused() throws {
    var scene = DCAPScene(.tdx4)
    scene.collateral.fmspc = [1, 2, 3, 4, 5, 6]
    #expect(try scene.refused() == ["tcb-info.platform"])
    scene = DCAPScene(.tdx4)
    scene.collateral.pceID = [1, 0]
    #expect(try scene.refused() == ["tcb-info.platform"])
    scene = DCAPScene(.tdx4)
    scene.collateral.isTDX = false
    #expect(try scene.refused().contains("tcb-info.platform"))
    scene.quote.kind = .sgx3
    #expect(try scene.refused() == [])
  }

  /// Collateral that another root signed, beside a genuine quote.
  @Test func collateralOfAnotherSignerIsRefused() throws {
    let scene = DCAPScene(.tdx4)
    var other = DCAPScene(.tdx4).authority
    let bytes = try scene.quote.make(by: scene.authority)
    func refused() throws -> [String] {
      try scene.decode(bytes).examine(in: scene.context(collateral: scene.collateral.make(by: other))).refusedRules
    }
    #expect(try refused().contains("tcb-signing.root"))
    #expect(try refused().contains("pck-crl.root"))
    other.root = scene.authority.root
    other.pckIssuer = scene.authority.pckIssuer
    #expect(try refused() == [], "another signer of the same root is as good")
    other.pckIssuer.key = .p256()
    #expect(try refused() == ["pck.revocation"])
  }

  /// One bit of every byte of the signed texts, read around the decoder since most changes are no JSON any more.
  @Test func everyByteOfTheTextsIsSigned() throws {
    let scene = DCAPScene(.tdx4)
    let context = try scene.context()
    let collateral = try #require(context.endorsements.dcap)
    let key = try #require(collateral.tcbInformationIssuers.first?.key)
    let texts = try [#require(collateral.tcbInformation).text, #require(collateral.enclaveIdentity).text]
    let signatures = try [#require(collateral.tcbInformation).signature, #require(collateral.enclaveIdentity).signature]
    for (text, signature) in zip(texts, signatures) {
      #expect(key.isValidSignature(signature, for: text, scheme: .ecdsa(.sha256)))
      for index in text.indices {
        var changed = text
        changed[index] ^= 1 << (index % 8)
        #expect(!key.isValidSignature(signature, for: changed, scheme: .ecdsa(.sha256)), "byte \(index)")
      }
    }
  }

  @Test func aChangedTextIsRefused() throws {
    for shape in DCAPCollateralMaker.Shape.allCases {
      var scene = DCAPScene(.tdx4)
      scene.collateral.shape = shape
      let bytes = try scene.quote.make(by: scene.authority)
      let text = String(decoding: try scene.collateral.make(by: scene.authority), as: UTF8.self)
      func refused(_ old: String, _ new: String) throws -> [String] {
        let changed = text.replacingOccurrences(of: old, with: new)
        #expect(changed != text)
        return try scene.decode(bytes).examine(in: scene.context(collateral: Array(changed.utf8))).refusedRules
      }
      let quote = shape == .answers ? "\"" : "\\\""
      #expect(try refused("2024-03-13", "2024-03-14") == ["tcb-info.signature", "qe-identity.signature"])
      #expect(try refused("INTEL-SA-00001", "INTEL-SA-00005") == ["tcb-info.signature"])
      #expect(try refused("INTEL-SA-00002", "INTEL-SA-00005") == ["qe-identity.signature"])
      // The same content in another spelling.
      #expect(try refused(",\(quote)tcbType\(quote)", " ,\(quote)tcbType\(quote)") == ["tcb-info.signature"])
    }
  }

  @Test func hostileJSONIsMalformed() throws {
    let genuine = String(decoding: try DCAPScene(.tdx4).collateral.make(by: DCAPScene(.tdx4).authority), as: UTF8.self)
    func nested(_ depth: Int) -> String {
      "{\"tcb_info\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    let table = [
      "{", "{}", "{]", "{\"a\":1}", "{\"tcb_info\":1}", "{\"tcb_info\":{}}", "{\"tcb_info\":\"{}\"}", "{\"tcb_info\":\"\"}",
      nested(3), nested(20), nested(100_000), "{\"tcb_info\":{\"tcbInfo\":{},\"signature\":\"00\"}}",
      "{\"root_ca_crl\":\"zz\"}", "{\"root_ca_crl\":\"\"}",
      "{\"root_ca_crl\":\"00\"}", "{\"pck_crl\":5}", "{\"pck_crl\":\"-----BEGIN X509 CRL-----\"}", "{\"tcb_info_issuer_chain\":\"x\"}",
      "{\"tcb_info_issuer_chain\":\"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\"}",
      "{\"tcb_info\":nul}", "{\"tcb_info\":1e999}",
      "{\"tcb_info\":\"\\ud800\"}", "{\"tcb_info\":\"\\q\"}", "{\"tcb_info\":\"\u{1}\"}", "{\"a\\u0062\":1}", "{\"a\":1,\"a\":2}",
      genuine + "x", genuine + genuine, "{\"tcb_info\":\"" + String(repeating: "9", count: 2_000_000) + "\"}",
      genuine.replacingOccurrences(of: "{\\\"svn\\\":0}", with: "{\\\"svn\\\":256}"),
      genuine.replacingOccurrences(of: "{\\\"svn\\\":0}", with: "{\\\"svn\\\":-1}"),
      genuine.replacingOccurrences(of: "\\\"pcesvn\\\":11", with: "\\\"pcesvn\\\":99999999999999999999999"),
      genuine.replacingOccurrences(of: "UpToDate", with: "Splendid"),
      genuine.replacingOccurrences(of: "\\\"tcbType\\\":0", with: "\\\"tcbType\\\":1"),
      genuine.replacingOccurrences(of: "\\\"fmspc\\\":\\\"", with: "\\\"fmspc\\\":\\\"00"),
      genuine.replacingOccurrences(of: "\\\"version\\\":3", with: "\\\"version\\\":4"),
    ]
    for text in table {
      #expect(throws: MalformedEvidence.self, "\(text.prefix(60))") { _ = try DCAPCollateral(json: Array(text.utf8)) }
    }
    #expect(throws: MalformedEvidence.self) { _ = try DCAPCollateral(json: Array("{\"tcb_info\":\"".utf8) + [0xff] + Array("\"}".utf8)) }
    for length in stride(from: 0, to: genuine.utf8.count - 1, by: 61) {
      #expect(throws: MalformedEvidence.self) { _ = try DCAPCollateral(json: Array(genuine.utf8.prefix(length))) }
    }
  }
}
