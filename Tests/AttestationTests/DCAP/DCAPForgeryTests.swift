import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct DCAPForgeryTests {
  /// One bit of every byte up to the chain: whatever it belongs to, the quote is refused or malformed.
  @Test(arguments: DCAPQuoteMaker.Kind.allCases)
  func everyByteBeforeTheChainCounts(kind: DCAPQuoteMaker.Kind) throws {
    let scene = DCAPScene(kind)
    let chain = Array(try scene.authority.pckChain().utf8)
    let bytes = try scene.quote.make(by: scene.authority)
    let context = try scene.context()
    #expect(try scene.decode(bytes).examine(in: context).isGenuine)
    var bare = context
    bare.endorsements = Endorsements()
    let signed = scene.quote.signedBytes().count
    // The longest layout byte by byte; the others have the same parts.
    for index in stride(from: 0, to: bytes.count - chain.count, by: [.tdx4, .tdx5, .tdx5With15, .sgx3].contains(kind) ? 1 : 9) {
      var changed = bytes
      changed[index] ^= 1 << (index % 8)
      guard let evidence = try? scene.decode(changed) else { continue }
      if index < signed {
        // Judged without collateral: quicker, and by its name.
        #expect(evidence.examine(in: bare).refusedRules.contains("signature"), "byte \(index)")
      } else {
        #expect(!evidence.examine(in: context).isGenuine, "byte \(index)")
      }
    }
  }

  /// Some bit of the chain's text: its certificates are then the same (only white space differs), or the quote is refused.
  @Test func everyByteOfTheChainCounts() throws {
    let scene = DCAPScene(.sgx3)
    let chain = Array(try scene.authority.pckChain().utf8)
    let bytes = try scene.quote.make(by: scene.authority)
    let context = try scene.context()
    let certificates = try PEMCertificates.decode(chain, of: "chain").map(\.bytes)
    for index in 0..<chain.count {
      var changed = bytes
      changed[bytes.count - chain.count + index] ^= 1 << (index % 7)
      let quote = try SGXQuote(decoding: changed)
      let read = (try? PEMCertificates.decode(quote.quote.certificationData, of: "chain"))?.map(\.bytes)
      let isGenuine = quote.examine(in: context).isGenuine
      #expect(!isGenuine || read == certificates, "byte \(index)")
    }
  }

  @Test(arguments: DCAPQuoteMaker.Kind.allCases)
  func everyTruncationIsMalformed(kind: DCAPQuoteMaker.Kind) throws {
    let scene = DCAPScene(kind)
    let bytes = try scene.quote.make(by: scene.authority)
    for length in stride(from: 0, to: bytes.count, by: kind == .sgx3 ? 1 : 7) {
      #expect(throws: MalformedEvidence.self) { _ = try scene.decode(Array(bytes.prefix(length))) }
    }
  }

  @Test func impossibleLengthsAndTypesAreMalformed() throws {
    var scene = DCAPScene(.tdx5)
    let bytes = try scene.quote.make(by: scene.authority)
    func malformed(_ offset: Int, _ value: [UInt8], _ field: String) throws {
      var changed = bytes
      changed.replaceSubrange(offset..<offset + value.count, with: value)
      do {
        _ = try scene.decode(changed)
        Issue.record("\(field) is accepted")
      } catch {
        #expect("\(error)".contains(field), "\(error)")
      }
    }
    let data = 54 + 584
    try malformed(0, [6], "version")
    try malformed(2, [3], "P-384")
    try malformed(2, [9], "attestation key type")
    try malformed(4, [0x82], "TEE type")
    try malformed(48, [3], "body")
    try malformed(50, [0xff, 0xff, 0xff, 0xff], "body")
    try malformed(data, [0xff, 0xff, 0xff, 0xff], "signature data")
    try malformed(data + 4 + 128, [5], "certification data")
    try malformed(data + 4 + 130, [0xff, 0xff, 0xff, 0xff], "certification data")
    try malformed(data + 4 + 134 + 448, [0xff, 0xff], "authentication data")
    scene.quote.trailingBytes = [UInt8](repeating: 0, count: DCAPQuote.maximumSize)
    #expect(throws: MalformedEvidence.self) { try scene.decode(scene.quote.make(by: scene.authority)) }
  }

  @Test func splicedPiecesAreRefusedByName() throws {
    let one = DCAPScene(.tdx4)
    var two = one
    two.quote.attestationKey = .p256()
    two.quote.trustDomain.reportData[0] ^= 1
    let (first, second) = (try one.quote.make(by: one.authority), try two.quote.make(by: two.authority))
    let context = try one.context()
    func refused(_ bytes: [UInt8]) throws -> [String] { try one.decode(bytes).examine(in: context).refusedRules }
    #expect(try refused(second) == [])
    // The body of one, all signatures of the other.
    #expect(try refused(Array(first[..<632] + second[632...])) == ["signature"])
    // The key and signature of one, the quoting enclave's report of the other.
    #expect(try refused(Array(first[..<764] + second[764...])) == ["attestation-key"])
    // Another platform's key under the same root.
    var other = one.authority
    other.pckKey = .p256()
    two = one
    two.quote.certificationData = Array(try other.pckChain().utf8)
    #expect(try two.refused() == ["quoting-enclave-signature"])
    two.quote.certificationData = Array(try one.authority.pckIssuerChain().utf8)
    #expect(try two.refused().contains("pck.certificate"))
    two = one
    two.quote.bindsAttestationKey = false
    #expect(try two.refused() == ["attestation-key"])
    two = one
    two.quote.vendor[0] = 0
    #expect(try two.refused() == ["quoting-enclave-vendor"])
  }

  @Test func chainsInAnotherOrderOrOfAnotherRootAreRefused() throws {
    var scene = DCAPScene(.tdx4)
    let certificates = try [scene.authority.pckCertificate(), scene.authority.pckIssuerCertificate(), scene.authority.rootCertificate()]
    for order in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 1], [0, 1, 2, 2], [0], []] {
      scene.quote.certificationData = Array(DCAPAuthority.pem(order.map { certificates[$0] }).utf8)
      let rules = try scene.refused()
      #expect(rules.contains { $0.hasPrefix("pck.") }, "\(order)")
    }
    scene.quote.certificationData = Array("text between\n".utf8) + (try Array(scene.authority.pckChain().utf8))
    #expect(try scene.refused().contains("pck.chain"))
    scene = DCAPScene(.tdx4)
    scene.trusted = DCAPScene(.tdx4).authority
    #expect(try scene.refused() == ["pck.root", "tcb-signing.root"])
  }

  /// Keys of the same root must not take each other's place.
  @Test func onlyTheRightCertificateMaySign() throws {
    var scene = DCAPScene(.sgx3)
    scene.authority.tcbSigner.name = "Intel SGX PCK Certificate"
    #expect(try scene.refused() == ["tcb-signing.certificate"])
    scene = DCAPScene(.sgx3)
    scene.authority.pckName = "Intel SGX TCB Signing"
    #expect(try scene.refused().contains("pck.certificate"))
    scene = DCAPScene(.sgx3)
    scene.authority.hasExtension = false
    #expect(try scene.refused().contains("pck.certificate"))
    scene = DCAPScene(.sgx3)
    scene.authority.pckIssuer.name = "Intel SGX PCK Other CA"
    #expect(try scene.refused().contains("pck.certificate"))
  }
}

/// Random damage, the same in every run: never a trap, and nothing that is not the genuine piece passes.
@Suite struct DCAPDamageTests {
  private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private static func damaged(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &dice) {
      let place = Int.random(in: 0..<bytes.count, using: &dice)
      let end = min(bytes.count, place + Int.random(in: 1...64, using: &dice))
      switch Int.random(in: 0..<5, using: &dice) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &dice))
      case 3: bytes.replaceSubrange(place..<end, with: [UInt8](repeating: [0, 0xff].randomElement(using: &dice) ?? 0, count: end - place))
      default: bytes[place] = [UInt8]("\"{}[]\\,:-09".utf8).randomElement(using: &dice) ?? 0
      }
      if bytes.isEmpty { return [0] }
    }
    return bytes
  }

  @Test func quotes() throws {
    var dice = Dice(state: 1)
    for kind in DCAPQuoteMaker.Kind.allCases {
      let scene = DCAPScene(kind)
      let bytes = try scene.quote.make(by: scene.authority)
      let context = try scene.context()
      for _ in 0..<60 {
        let changed = Self.damaged(bytes, &dice)
        _ = TDXQuote.resembles(changed)
        guard let evidence = try? scene.decode(changed) else { continue }
        _ = evidence.fields
        let isGenuine = evidence.examine(in: context).isGenuine
        #expect(!isGenuine || changed.starts(with: scene.quote.signedBytes()))
      }
    }
  }

  @Test func collateral() throws {
    var dice = Dice(state: 2)
    for shape in DCAPCollateralMaker.Shape.allCases {
      var scene = DCAPScene(.tdx4)
      scene.collateral.shape = shape
      let quote = try TDXQuote(decoding: scene.quote.make(by: scene.authority))
      let bytes = try scene.collateral.make(by: scene.authority)
      for _ in 0..<150 {
        guard let context = try? scene.context(collateral: Self.damaged(bytes, &dice)) else { continue }
        _ = quote.examine(in: context)
      }
    }
  }
}
