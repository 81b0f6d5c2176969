import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct DCAPMadeTests {
  @Test(arguments: DCAPQuoteMaker.Kind.allCases)
  func everyKindIsGenuineAndSaysWhatItIs(kind: DCAPQuoteMaker.Kind) throws {
    var scene = DCAPScene(kind)
    scene.quote.reportData = [UInt8](0..<64)
    let examination = try scene.examine()
    #expect(examination.refusedRules == [])
    #expect(examination.status == .status("UpToDate", advisories: []))
    #expect(examination.platform.boundData == [UInt8](0..<64))
    #expect(examination.platform.debug == false)
    let essential = examination.platform.measurements.filter(\.isEssential).map(\.name)
    #expect(essential == (kind.isTDX ? ["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"] : ["mrenclave"]))
    #expect(examination.platform.measurements.contains { $0.name == "tee-tcb-svn2" } == (kind == .tdx5With15))
    let bytes = try scene.quote.make(by: scene.authority)
    #expect(TDXQuote.resembles(bytes) == kind.isTDX)
    #expect(SGXQuote.resembles(bytes) == !kind.isTDX)
    #expect(try scene.decode(bytes).fields.count > 30)
    #expect(throws: MalformedEvidence.self) {
      if kind.isTDX { _ = try SGXQuote(decoding: bytes) } else { _ = try TDXQuote(decoding: bytes) }
    }
  }

  @Test(arguments: DCAPCollateralMaker.Shape.allCases, DCAPCollateralMaker.ListEncoding.allCases)
  func collateralIsReadInEveryShape(shape: DCAPCollateralMaker.Shape, encoding: DCAPCollateralMaker.ListEncoding) throws {
    var scene = DCAPScene(.tdx4)
    (scene.collateral.shape, scene.collateral.listEncoding) = (shape, encoding)
    #expect(try scene.refused() == [])
  }

  @Test func intelsAnswersAreReadFileByFile() throws {
    let scene = DCAPScene(.tdx4)
    let authority = scene.authority
    func answer(_ key: String, _ text: String) throws -> [UInt8] {
      let signature = hexadecimal(try authority.tcbSigner.key.rawSignature(Array(text.utf8)))
      return Array("{\"\(key)\": \(text) , \"signature\":\"\(signature)\"}".utf8)
    }
    var context = try scene.context()
    context.endorsements.dcap = nil
    try context.endorsements.add(file: answer("tcbInfo", scene.collateral.tcbInfo(for: authority.platform)))
    try context.endorsements.add(file: answer("enclaveIdentity", scene.collateral.enclaveIdentity()))
    try context.endorsements.add(file: Array(authority.tcbSignerChain().utf8))
    for issuer in [authority.root, authority.pckIssuer] {
      try context.endorsements.add(file: issuer.revocationList(thisUpdate: DCAPScene.start, nextUpdate: DCAPScene.end))
    }
    #expect(try scene.decode(scene.quote.make(by: authority)).examine(in: context).refusedRules == [])
  }

  @Test func aQuoteMayNameItsCertificateAndTheCollateralHoldIt() throws {
    var scene = DCAPScene(.sgx3)
    scene.quote.certificationType = 3
    scene.quote.certificationData = [UInt8](repeating: 1, count: 404)
    #expect(try scene.refused().contains("pck.chain"))
    scene.collateral.holdsPCKChain = true
    #expect(try scene.refused() == [])
  }

  @Test func debugIsReported() throws {
    for kind in DCAPQuoteMaker.Kind.allCases {
      var scene = DCAPScene(kind)
      scene.quote.trustDomain.setDebug()
      scene.quote.enclave.setDebug()
      #expect(try scene.examine().platform.debug == true)
    }
    var scene = DCAPScene(.tdx4)
    scene.quote.trustDomain.attributes[0] = 0x20
    #expect(try scene.examine().platform.debug == true, "profiling is of the same group")
  }

  @Test func aBoundServiceDomainIsEssential() throws {
    var scene = DCAPScene(.tdx5With15)
    scene.quote.trustDomain.mrServiceTD[7] = 1
    let examination = try scene.examine()
    #expect(examination.platform.measurements.contains { $0.name == "mrservicetd" && $0.isEssential })
    #expect(examination.findings.contains { $0.rule == "tdx.service-td" })
  }

  /// Only a report of TDX 1.5 says who may move a domain elsewhere.
  @Test(arguments: [DCAPQuoteMaker.Kind.tdx4, .tdx5, .tdx5With15]) func aDomainThatMayMoveSaysWhoMovesIt(kind: DCAPQuoteMaker.Kind) throws {
    var scene = DCAPScene(kind)
    scene.quote.trustDomain.attributes[3] |= 0x20
    #expect(try scene.refused() == (kind == .tdx5With15 ? [] : ["service-td"]))
  }

  @Test func unsignedTrailingBytesAreKeptOut() throws {
    var scene = DCAPScene(.tdx5)
    scene.quote.trailingBytes = [1, 2, 3]
    #expect(try scene.refused() == [])
    let evidence = try scene.decode(scene.quote.make(by: scene.authority))
    #expect(evidence.fields.filter { $0.name == "trailing-bytes" }.map(\.isSigned) == [false])
  }

  @Test func aChainThatEndsInZerosIsRead() throws {
    var scene = DCAPScene(.sgx3)
    scene.quote.certificationData = try Array(scene.authority.pckChain().utf8) + [0]
    #expect(try scene.refused() == [])
  }
}
