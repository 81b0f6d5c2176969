import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct AMDCertificateTests {
  @Test(arguments: ["milan", "genoa", "turin"], ["ask", "asvk"])
  func everyChainEndsInAPinnedRoot(product: String, issuer: String) throws {
    let chain = try CertificateChain(["\(issuer)-\(product)", "ark-\(product)"].map { name in
      let encoded = try #require(AMDCertificates.encoded[name])
      return try EndorsementCertificate(derEncoded: Array(try #require(Data(base64Encoded: encoded))))
    })
    let context = VerificationContext(time: try #require(time(timestamp: "2026-01-01T00:00:00Z")))
    let findings = chain.examine(for: .sevSNP, rule: "chain", in: context)
    #expect(findings.allSatisfy { $0.outcome == .satisfied })
    #expect(chain.examine(for: .tdx, rule: "chain", in: context).contains { $0.outcome == .refused })
  }
}

private let start = Date(timeIntervalSince1970: 1_700_000_000)
private let end = start + 86_400

@Suite struct ChainTests {
  private struct Chain {
    var root = CertificateMaker(name: "Test root", key: .p384())
    var middle = CertificateMaker(name: "Test issuer", key: .p256())
    var leaf = DevelopmentKey.p384()

    func certificates(isAuthority: Bool = true) throws -> [EndorsementCertificate] {
      let leaf = try middle.certificate(
        subject: "Test chip", subjectPublicKeyInfo: leaf.subjectPublicKeyInfo, serialNumber: 7, notBefore: start, notAfter: end, isAuthority: false)
      let middle = try root.certificate(
        subject: middle.name, subjectPublicKeyInfo: middle.key.subjectPublicKeyInfo, serialNumber: 5, notBefore: start, notAfter: end,
        isAuthority: isAuthority)
      return try [leaf, middle, root.rootCertificate(notBefore: start, notAfter: end)].map { try EndorsementCertificate(derEncoded: $0) }
    }

    func context(at time: Date = start + 1) throws -> VerificationContext {
      let anchor = TrustAnchors.Anchor(.cca, name: "test", fingerprint: try root.key.fingerprint)
      return VerificationContext(time: time, anchors: TrustAnchors([anchor]))
    }
  }

  private func refused(_ findings: [Finding]) -> [String] { findings.filter { $0.outcome == .refused }.map(\.rule) }

  @Test func aGoodChainHoldsWhateverKeyItsRootIs() throws {
    for key in try [DevelopmentKey.p256(), .p384(), .ed25519(), .rsaPSS()] {
      let chain = Chain(root: CertificateMaker(name: "Test root", key: key))
      #expect(try refused(CertificateChain(chain.certificates()).examine(for: .cca, rule: "x", in: chain.context())) == [])
    }
  }

  @Test func everythingElseIsRefusedByName() throws {
    let chain = Chain()
    let good = try chain.certificates()
    func rules(_ certificates: [EndorsementCertificate], at time: Date = start + 1, for platform: PlatformKind = .cca) throws -> [String] {
      try refused(CertificateChain(certificates).examine(for: platform, rule: "x", in: chain.context(at: time)))
    }
    #expect(try rules([]) == ["x.chain"])
    #expect(try rules([good[1], good[0], good[2]]) == ["x.chain"])
    #expect(try rules([good[0], good[1]]) == ["x.chain", "x.root"])
    #expect(try rules(good, at: start - 1) == ["x.validity"])
    #expect(try rules(good, at: end + 1) == ["x.validity"])
    #expect(try rules(good, for: .tdx) == ["x.root"])
    #expect(try rules(chain.certificates(isAuthority: false)) == ["x.chain"])
    let other = try Chain().certificates()
    #expect(try rules([good[0], other[1], other[2]]) == ["x.chain", "x.root"])
    #expect(try rules(other) == ["x.root"])
    #expect(try rules(Array(repeating: good[2], count: 9)) == ["x.chain"])
  }

  @Test func revocationIsRefusedByName() throws {
    let chain = Chain()
    let good = try chain.certificates()
    func rules(_ lists: [[UInt8]], at time: Date = start + 1) throws -> [String] {
      let lists = try lists.map { try RevocationList(derEncoded: $0) }
      return try refused(CertificateChain(good).examine(for: .cca, rule: "x", revocation: .lists(lists), in: chain.context(at: time)))
    }
    func list(_ issuer: CertificateMaker, _ serials: [Int] = [], to nextUpdate: Date = end) throws -> [UInt8] {
      try issuer.revocationList(revoking: serials, thisUpdate: start, nextUpdate: nextUpdate)
    }
    #expect(try rules([list(chain.root), list(chain.middle)]) == [])
    #expect(try rules([list(chain.root), list(chain.middle, [8, 9])]) == [])
    #expect(try rules([list(chain.root)]) == ["x.revocation"])
    #expect(try rules([list(chain.root), list(chain.middle, [9, 7])]) == ["x.revocation"])
    #expect(try rules([list(chain.root, [5]), list(chain.middle)]) == ["x.revocation"])
    #expect(try rules([list(chain.root), list(chain.middle, to: start)]) == ["x.revocation"])
    #expect(try rules([list(chain.root), list(CertificateMaker(name: chain.middle.name, key: .p256()))]) == ["x.revocation"])
  }

  @Test func everyByteOfACertificateCounts() throws {
    let chain = Chain()
    let good = try chain.certificates()
    for index in good[0].bytes.indices {
      var bytes = good[0].bytes
      bytes[index] ^= 1
      guard let changed = try? EndorsementCertificate(derEncoded: bytes) else { continue }
      #expect(try !refused(CertificateChain([changed, good[1], good[2]]).examine(for: .cca, rule: "x", in: chain.context())).isEmpty, "byte \(index)")
    }
    for length in good[0].bytes.indices {
      #expect(throws: MalformedEvidence.self) { try EndorsementCertificate(derEncoded: Array(good[0].bytes.prefix(length))) }
    }
  }
}
