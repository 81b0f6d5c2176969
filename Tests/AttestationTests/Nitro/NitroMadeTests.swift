import Attestation
import DevelopmentEvidence
import Foundation
import Testing

private let now = Date(timeIntervalSince1970: 1_800_000_000)

@Suite struct NitroMadeTests {
  private func context(_ maker: NitroDocumentMaker, at time: Date = now) throws -> VerificationContext {
    let anchor = TrustAnchors.Anchor(.nitro, name: "test", fingerprint: try maker.root.key.fingerprint)
    return VerificationContext(time: time, anchors: TrustAnchors([anchor]), signatures: SignatureCache())
  }

  private func refused(_ bytes: [UInt8], _ context: VerificationContext) throws -> [String] {
    try NitroDocument(decoding: bytes).examine(in: context).findings.filter { $0.outcome == .refused }.map(\.rule)
  }

  @Test func aMadeDocumentIsGenuineTaggedOrNot() throws {
    var maker = NitroDocumentMaker(timestamp: now)
    (maker.nonce, maker.publicKey, maker.userData) = ([1, 2, 3], [4], [])
    for isTagged in [false, true] {
      maker.isTagged = isTagged
      let bytes = try maker.make()
      #expect(NitroDocument.resembles(bytes))
      let document = try NitroDocument(decoding: bytes)
      let examination = document.examine(in: try context(maker))
      #expect(examination.isGenuine)
      #expect(examination.platform.boundData == [1, 2, 3])
      #expect(examination.platform.issuedAt == now)
      #expect((document.publicKey, document.userData) == ([4], []))
    }
  }

  /// In parts, which run side by side: P-384 is slow to judge.
  @Test(arguments: 0..<4) func aByteFlippedAnywhereIsRefused(part: Int) throws {
    var maker = NitroDocumentMaker(timestamp: now)
    maker.issuers = [maker.issuers[0]]
    maker.registers = maker.registers.filter { $0.key < 3 }
    let context = try context(maker)
    let good = try maker.make()
    #expect(try refused(good, context) == [])
    for index in stride(from: part, to: good.count, by: 4) {
      var bytes = good
      bytes[index] ^= 1 << (index / 4 % 8)
      guard let document = try? NitroDocument(decoding: bytes) else { continue }
      #expect(!document.examine(in: context).isGenuine, "byte \(index)")
      if index.isMultiple(of: 32) { #expect(!document.fields.isEmpty) }
    }
  }

  @Test func everyTruncationIsMalformed() throws {
    let good = try NitroDocumentMaker(timestamp: now).make()
    for length in good.indices { #expect(throws: MalformedEvidence.self) { try NitroDocument(decoding: Array(good.prefix(length))) } }
  }

  @Test func unsignedBytesAreToleratedAndTold() throws {
    var maker = NitroDocumentMaker(timestamp: now)
    maker.hasUnsignedHeader = true
    let examination = try NitroDocument(decoding: maker.make() + [0, 0, 9]).examine(in: context(maker))
    #expect(examination.isGenuine)
    #expect(examination.findings.filter { $0.outcome == .noted }.map(\.rule) == ["nitro.root", "nitro.unprotected", "nitro.trailing"])
    #expect(try NitroDocument(decoding: maker.make() + [0]).fields.filter { !$0.isSigned }.map(\.name) == ["unprotected", "trailing"])
  }

  @Test func zeroRegistersAreADebugEnclave() throws {
    for index in 0...2 {
      var maker = NitroDocumentMaker(timestamp: now)
      maker.registers[index] = [UInt8](repeating: 0, count: 48)
      let examination = try NitroDocument(decoding: maker.make()).examine(in: context(maker))
      #expect(examination.isGenuine)
      #expect(examination.platform.debug == true)
      maker.registers[index] = nil
      #expect(try refused(maker.make(), context(maker)) == ["nitro.registers"])
      #expect(try NitroDocument(decoding: maker.make()).examine(in: context(maker)).platform.debug == true)
    }
    #expect(try NitroDocument(decoding: NitroDocumentMaker(timestamp: now).make()).examine(in: context(.init(timestamp: now))).platform.debug == false)
  }

  @Test func timesAreChecked() throws {
    let maker = NitroDocumentMaker(timestamp: now)
    let bytes = try maker.make()
    #expect(try refused(bytes, context(maker, at: now - 59)) == [])
    #expect(try refused(bytes, context(maker, at: now - 61)) == ["nitro.validity", "nitro.timestamp"])
    #expect(try refused(bytes, context(maker, at: maker.notAfter)) == [])
    #expect(try refused(bytes, context(maker, at: maker.notAfter + 1)) == ["nitro.validity"])
    var early = maker
    early.notBefore -= 7200
    #expect(try refused(early.make(), context(early, at: now - 61)) == ["nitro.timestamp"])
  }

  @Test func chainsThatAreNotAWSsAreRefusedByName() throws {
    let maker = NitroDocumentMaker(timestamp: now)
    let context = try context(maker)
    let chain = try maker.certificates()
    func rules(_ certificates: [[UInt8]]) throws -> [String] { try refused(maker.make(with: certificates), context) }
    #expect(try rules(chain) == [])
    #expect(try rules([chain[0]] + chain.dropFirst().reversed()) == ["nitro.chain", "nitro.root"])
    #expect(try rules([chain[0], chain[2], chain[1]] + chain[3...]) == ["nitro.chain"])
    #expect(try rules(chain.dropLast()) == ["nitro.chain", "nitro.root"])
    #expect(try rules([chain[0], chain[4]]) == ["nitro.chain"])
    #expect(try rules([chain[1], chain[2], chain[3], chain[4]]) == ["nitro.signature", "nitro.use"])
    #expect(throws: MalformedEvidence.self) { try rules([chain[0]]) }
    #expect(throws: MalformedEvidence.self) { try rules(chain + chain) }
    let other = NitroDocumentMaker(timestamp: now)
    #expect(try refused(other.make(), context) == ["nitro.root"])
    #expect(try rules([chain[0]] + other.certificates().dropFirst()) == ["nitro.chain", "nitro.root"])
    #expect(try rules(other.certificates()) == ["nitro.signature", "nitro.root"])
    let atAWS = VerificationContext(time: now)
    #expect(try refused(maker.make(), atAWS) == ["nitro.root"])
  }

  @Test func otherKeysAlgorithmsAndUsesAreRefusedByName() throws {
    var maker = NitroDocumentMaker(timestamp: now)
    maker.issuers[1].key = .p256()
    #expect(try refused(maker.make(), context(maker)) == ["nitro.keys"])
    maker = NitroDocumentMaker(timestamp: now)
    maker.key = .p256()
    maker.algorithm = -7
    #expect(try refused(maker.make(), context(maker)) == ["nitro.signature", "nitro.keys"])
    maker = NitroDocumentMaker(timestamp: now)
    maker.algorithm = -36
    #expect(try refused(maker.make(), context(maker)) == ["nitro.signature"])
    maker = NitroDocumentMaker(timestamp: now)
    maker.mayKeySign = false
    #expect(try refused(maker.make(), context(maker)) == ["nitro.use"])
    maker = NitroDocumentMaker(timestamp: now)
    maker.otherFields = ["surprise": [1]]
    #expect(try refused(maker.make(), context(maker)) == ["nitro.fields"])
  }

  @Test func everyBoundOfAWSsRulesIsKept() throws {
    func accepts(_ change: (inout NitroDocumentMaker) -> Void) throws -> Bool {
      var maker = NitroDocumentMaker(timestamp: now)
      change(&maker)
      let bytes = try maker.make()
      return (try? NitroDocument(decoding: bytes)) != nil
    }
    func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    #expect(try accepts { $0.userData = zeros(512); $0.nonce = zeros(512); $0.publicKey = zeros(1024) })
    #expect(try accepts { $0.registers = [0: zeros(32), 1: zeros(64), 31: zeros(48)] })
    #expect(try accepts { $0.omittedFields = ["public_key", "user_data", "nonce"] })
    #expect(try !accepts { $0.userData = zeros(513) })
    #expect(try !accepts { $0.nonce = zeros(513) })
    #expect(try !accepts { $0.publicKey = zeros(1025) })
    #expect(try !accepts { $0.publicKey = [] })
    #expect(try !accepts { $0.moduleID = "" })
    #expect(try !accepts { $0.digest = "SHA256" })
    #expect(try !accepts { $0.timestamp = Date(timeIntervalSince1970: 0) })
    #expect(try !accepts { $0.registers = [:] })
    #expect(try !accepts { $0.registers[32] = zeros(48) })
    #expect(try !accepts { $0.registers[-1] = zeros(48) })
    #expect(try !accepts { $0.registers[3] = zeros(47) })
    for name in ["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"] {
      #expect(try !accepts { $0.omittedFields = [name] }, "\(name)")
    }
  }

  @Test func partsOfTwoDocumentsAreRefused() throws {
    let maker = NitroDocumentMaker(timestamp: now)
    let chain = try maker.certificates()
    var other = maker
    other.registers[0] = [UInt8](repeating: 9, count: 48)
    let (first, second) = (try maker.make(with: chain), try other.make(with: chain))
    #expect(first.count == second.count)
    #expect(try refused(Array(first.dropLast(96) + second.suffix(96)), context(maker)) == ["nitro.signature"])
  }
}
