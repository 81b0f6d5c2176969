import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct CCAMadeTests {
  private let challenge = [UInt8](0..<64)

  private func context(_ maker: CCATokenMaker) throws -> VerificationContext {
    let anchor = TrustAnchors.Anchor(.cca, name: "test", fingerprint: try maker.platformKey.fingerprint)
    var context = VerificationContext(time: Date(timeIntervalSince1970: 1_800_000_000), anchors: TrustAnchors([anchor]))
    context.endorsements.keys = [try VerificationKey(subjectPublicKeyInfo: maker.platformKey.subjectPublicKeyInfo)]
    return context
  }

  private func refused(_ bytes: [UInt8], _ context: VerificationContext) throws -> [String] {
    try CCAToken(decoding: bytes).examine(in: context).findings.filter { $0.outcome == .refused }.map(\.rule)
  }

  private func refused(_ maker: CCATokenMaker) throws -> [String] { try refused(maker.make(), context(maker)) }

  @Test(arguments: CCATokenMaker.Form.allCases, CCATokenMaker.Profile.allCases)
  func aMadeTokenIsGenuine(form: CCATokenMaker.Form, profile: CCATokenMaker.Profile) throws {
    var maker = CCATokenMaker(challenge: challenge)
    (maker.form, maker.profile) = (form, profile)
    for algorithm in ["sha-256", "sha-384", "sha-512"] {
      maker.keyHashAlgorithm = algorithm
      #expect(CCAToken.resembles(try maker.make()))
      let token = try CCAToken(decoding: maker.make())
      let examination = token.examine(in: try context(maker))
      #expect(examination.findings.allSatisfy { $0.outcome == .satisfied })
      #expect(examination.platform.boundData == challenge)
      #expect(examination.platform.debug == false)
      #expect(examination.platform.measurements.filter(\.isEssential).map(\.name) == ["rim", "platform-bl2", "platform-rmm"])
      #expect(!token.fields.isEmpty)
    }
  }

  @Test func keysOfOtherKindsSignToo() throws {
    for key in [DevelopmentKey.p256(), .ed25519()] {
      var maker = CCATokenMaker(challenge: challenge)
      (maker.platformKey, maker.realmKey) = (key, key)
      #expect(try refused(maker) == [])
      maker.profile = .early
      #expect(throws: MalformedEvidence.self) { try CCAToken(decoding: maker.make()) }
    }
  }

  @Test(arguments: CCATokenMaker.Form.allCases)
  func aByteFlippedAnywhereIsRefused(form: CCATokenMaker.Form) throws {
    var maker = CCATokenMaker(challenge: challenge)
    (maker.form, maker.profile) = (form, .second)
    // The fastest to judge.
    (maker.platformKey, maker.realmKey) = (.p256(), .p256())
    let context = try context(maker)
    let good = try maker.make()
    #expect(try refused(good, context) == [])
    for index in good.indices {
      var bytes = good
      bytes[index] ^= 1 << (index % 8)
      guard let token = try? CCAToken(decoding: bytes) else { continue }
      #expect(!token.examine(in: context).isGenuine, "byte \(index)")
      if index.isMultiple(of: 32) { #expect(!token.fields.isEmpty) }
    }
  }

  @Test(arguments: CCATokenMaker.Form.allCases)
  func everyTruncationIsMalformed(form: CCATokenMaker.Form) throws {
    var maker = CCATokenMaker(challenge: challenge)
    maker.form = form
    let good = try maker.make()
    for length in good.indices { #expect(throws: MalformedEvidence.self) { try CCAToken(decoding: Array(good.prefix(length))) } }
  }

  @Test func tokensOfTwoMakersAreRefused() throws {
    let (maker, other) = (CCATokenMaker(challenge: challenge), CCATokenMaker(challenge: challenge))
    let context = try context(maker)
    #expect(try refused(maker.collection(platform: maker.platformToken(), realm: other.realmToken()), context) == ["cca.binding"])
    #expect(try refused(maker.collection(platform: other.platformToken(), realm: other.realmToken()), context) == ["cca.platform-signature", "cca.root"])
    #expect(
      try refused(maker.collection(platform: other.platformToken(), realm: maker.realmToken()), context)
        == ["cca.platform-signature", "cca.root", "cca.binding"])
    #expect(throws: MalformedEvidence.self) {
      try CCAToken(decoding: maker.collection(platform: maker.realmToken(), realm: maker.platformToken()))
    }
  }

  @Test func theKeyMustBeGivenAndPinned() throws {
    let (maker, other) = (CCATokenMaker(challenge: challenge), CCATokenMaker(challenge: challenge))
    let bytes = try maker.make()
    let (mine, others) = (try context(maker), try context(other))
    var unpinned = mine
    unpinned.anchors = .vendors
    let finding = try CCAToken(decoding: bytes).examine(in: unpinned).findings.first { $0.outcome == .refused }
    #expect(finding?.rule == "cca.root")
    #expect(finding?.remedy?.contains("trust-anchors") == true)
    unpinned.endorsements.keys = []
    let missing = try CCAToken(decoding: bytes).examine(in: unpinned).findings.first { $0.outcome == .refused }
    #expect(missing?.found == "no platform key was given")
    #expect(missing?.remedy?.contains("--collateral") == true)
    #expect(try refused(bytes, others) == ["cca.platform-signature", "cca.root"])
    var both = mine
    both.endorsements.keys = others.endorsements.keys + mine.endorsements.keys
    #expect(try refused(bytes, both) == [])
    // A pin for another platform is none for CCA.
    both.anchors.anchors[0].platform = .tdx
    #expect(try refused(bytes, both) == ["cca.root"])
  }

  @Test(arguments: [
    (0x3000, false, false), (0x30ff, false, false), (0x4000, true, false), (0x50ff, true, false), (0x0000, true, true), (0x1000, true, true),
    (0x20ff, true, true), (0x6000, true, true), (0x7000, true, true), (0x3100, true, true),
  ])
  func aPlatformOutOfServiceIsNotTrusted(lifecycle: Int, debug: Bool, isRefused: Bool) throws {
    var maker = CCATokenMaker(challenge: challenge)
    maker.lifecycle = lifecycle
    #expect(try refused(maker) == (isRefused ? ["cca.lifecycle"] : []))
    #expect(try CCAToken(decoding: maker.make()).examine(in: context(maker)).platform.debug == debug)
  }

  @Test func otherWrongsAreRefusedByName() throws {
    func rules(_ change: (inout CCATokenMaker) -> Void) throws -> [String] {
      var maker = CCATokenMaker(challenge: challenge)
      maker.profile = .second
      change(&maker)
      return try refused(maker)
    }
    #expect(try rules { $0.platformChallenge = [UInt8](repeating: 0, count: 32) } == ["cca.binding"])
    #expect(try rules { $0.keyHashAlgorithm = "md5" } == ["cca.binding"])
    #expect(try rules { $0.client = 2 } == ["cca.client"])
    #expect(try rules { $0.client = nil } == ["cca.client"])
    #expect(try rules { $0.platformProfileName = "tag:arm.com,2026:cca_platform#2.0.0;direct" } == ["cca.profile"])
    #expect(try rules { $0.realmProfileName = "tag:example.org,2026:realm" } == ["cca.profile"])
  }

  @Test func claimsOfImpossibleSizesAreMalformed() throws {
    func accepts(_ change: (inout CCATokenMaker) -> Void) throws -> Bool {
      var maker = CCATokenMaker(challenge: challenge)
      change(&maker)
      let bytes = try maker.make()
      return (try? CCAToken(decoding: bytes)) != nil
    }
    #expect(try accepts { _ in })
    #expect(try !accepts { $0.challenge = [1] })
    #expect(try !accepts { $0.personalization.removeLast() })
    #expect(try !accepts { $0.initialMeasurement.removeLast() })
    #expect(try !accepts { $0.extensibleMeasurements.removeLast() })
    #expect(try !accepts { $0.extensibleMeasurements[2] = [] })
    #expect(try !accepts { $0.instance[0] = 2 })
    #expect(try !accepts { $0.implementation.append(0) })
    #expect(try !accepts { $0.components = [] })
    #expect(try !accepts { $0.components[0].signer = [] })
    #expect(try !accepts { $0.lifecycle = 0x1_3000 })
    #expect(try !accepts { $0.lifecycle = -1 })
    for claim in [10, 256, 265, 2395, 2396, 2399, 2401, 2402] { #expect(try !accepts { $0.omittedPlatformClaims = [claim] }, "\(claim)") }
    for claim in [10, 44235, 44236, 44237, 44238, 44239, 44240] { #expect(try !accepts { $0.omittedRealmClaims = [claim] }, "\(claim)") }
    // Without its profile the key would be a bare point.
    #expect(try !accepts { $0.omittedRealmClaims = [265] })
  }

  @Test func unsignedPartsAreToleratedAndTold() throws {
    var maker = CCATokenMaker(challenge: challenge)
    (maker.form, maker.unsignedEntry) = (.conceptualMessages, true)
    let token = try CCAToken(decoding: maker.make() + [7])
    #expect(try token.examine(in: context(maker)).isGenuine)
    #expect(try token.examine(in: context(maker)).findings.filter { $0.outcome == .noted }.map(\.rule) == ["cca.collection", "cca.trailing"])
    #expect(token.fields.filter { !$0.isSigned }.map(\.name) == ["form", "collection.__cmwc_t", "trailing"])
  }

  @Test func componentsAreNamedByTypeOrPlace() throws {
    var maker = CCATokenMaker(challenge: challenge)
    let measurement = [UInt8](repeating: 1, count: 32)
    maker.components = ["SoC/FW 1", nil, "BL", "bl", "2", "x-signer", ""].map { .init(type: $0, measurement: measurement) }
    #expect(
      try CCAToken(decoding: maker.make()).platform.componentNames
        == ["platform-soc-fw-1", "platform-1", "platform-2", "platform-3", "platform-4", "platform-5", "platform-6"])
  }
}
