import Attestation
import Crypto
import DevelopmentPlatform
import Evidence
import Foundation
import Platform
import TestTPM
import Testing

/// What this side makes, judged by the room that shares no code with it.
@Suite struct EvidenceTests {
  @Test(arguments: DevelopmentMachine.Kind.allCases)
  func evidenceOfADevelopmentPlatformIsAcceptedAndNeverConfidential(kind: DevelopmentMachine.Kind) throws {
    let scene = try Scene.development(kind)
    let verdict = try scene.verdict(scene.evidence())
    #expect(verdict.isAccepted, "\(verdict.findings.filter { $0.outcome == .refused })")
    #expect(!verdict.isConfidential)
    #expect(verdict.findings.contains { $0.rule == "coffer.instance-key" && $0.outcome == .noted })
    let inside = try scene.verdict(scene.evidence(of: Scene.instance(holder: .instance)))
    #expect(inside.isAccepted && !inside.findings.contains { $0.rule == "coffer.instance-key" })
    // Another root's, and nobody's.
    #expect(try Scene.development(kind).refusals(scene.evidence()).contains { $0.hasSuffix(".root") })
  }

  @Test(.enabled(if: SoftwareTPM.programs != nil, "\(SoftwareTPM.finding)"))
  func evidenceAboveATPMIsAcceptedWhereItsKeyIsPinned() throws {
    let (tpm, other) = (try SoftwareTPM(), try SoftwareTPM())
    let scene = try Scene.tpm(tpm)
    let verdict = try scene.verdict(scene.evidence())
    #expect(verdict.isAccepted, "\(verdict.findings.filter { $0.outcome == .refused })")
    #expect(!verdict.isConfidential)
    #expect(try Scene.tpm(other).refusals(scene.evidence()) == ["platform.tpm.endorsement.root"])
    // Two nonces under one quote.
    let bound = try scene.node.bind([Scene.nonce, [UInt8](repeating: 7, count: 8)])
    let evidence = try scene.node.evidence(of: Scene.instance(), by: scene.monitor, under: bound[1], at: UInt64(time(nil)))
    #expect(try scene.verdict(evidence, nonce: [UInt8](repeating: 7, count: 8)).isAccepted)
  }

  @Test func withoutAPlatformOnlyTheWordInsecureAccepts() throws {
    let scene = try Scene.none()
    let evidence = try scene.evidence()
    let verdict = try scene.verdict(evidence)
    #expect(verdict.isAccepted && !verdict.isConfidential)
    let policy = try Scene.development(.sevSNP).policy()
    #expect(try scene.verdict(evidence, policy: policy).findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.platform"])
  }

  @Test func aMonitorThatADebuggerCanReadSaysSo() throws {
    let scene = try Scene.development(.sevSNP)
    #expect(try scene.refusals(scene.evidence(of: Scene.instance(isClosed: false))) == ["policy.debug"])
  }

  @Test func aPolicyMayWantAKeyThatNobodyElseHas() throws {
    let scene = try Scene.development(.sevSNP)
    let policy = try scene.policy("key-holder: instance")
    let refused = try scene.verdict(scene.evidence(), policy: policy)
    #expect(refused.findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.key-holder"])
    #expect(try scene.verdict(scene.evidence(of: Scene.instance(holder: .instance)), policy: policy).isAccepted)
    #expect(try scene.verdict(scene.evidence(), policy: scene.policy("key-holder: any")).isAccepted)
    #expect(throws: (any Error).self) { try scene.policy("key-holder: monitor") }
  }

  @Test func anInstancesKeyMayBeOnP256() throws {
    let scene = try Scene.development(.sevSNP)
    let point = Array(P256.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
    var instance = Scene.instance()
    instance.key = InstanceKey(point: point, holder: .instance)
    let verdict = try scene.verdict(scene.evidence(of: instance))
    #expect(verdict.isAccepted)
    #expect(verdict.examination.trustlet?.instanceKey.subjectPublicKeyInfo.suffix(64) == point[...])
    instance.key.point.removeLast()
    #expect(throws: EvidenceError.self) { try scene.evidence(of: instance) }
  }

  @Test func replayedAndStaleEvidenceIsRefused() throws {
    let scene = try Scene.development(.sevSNP)
    let evidence = try scene.evidence()
    #expect(scene.refusals(evidence, nonce: [UInt8](repeating: 9, count: 32)) == ["policy.nonce"])
    #expect(scene.refusals(evidence, nonce: nil) == ["policy.nonce"])
    #expect(scene.refusals(evidence, at: .now + 360) == ["policy.age"])
    #expect(scene.refusals(try scene.evidence(at: .now - 360)) == ["policy.age"])
    #expect(scene.refusals(try scene.evidence(at: .now + 360)) == ["policy.age"])
  }

  /// Every piece of one evidence in another's place: another nonce's, node's, monitor's, instance's.
  @Test func noPieceFitsAnotherEvidence() throws {
    let scene = try Scene.development(.sevSNP)
    let own = try scene.evidence()
    let sibling = try scene.sibling()
    let otherMonitor = try MonitorSigner(programDigest: [UInt8](repeating: 0x33, count: 48))
    let bound = try scene.node.bind([Scene.nonce])
    let others: [(String, [UInt8])] = [
      ("another nonce", try scene.evidence([UInt8](repeating: 3, count: 32))), ("another node", try sibling.evidence()),
      ("another monitor", try scene.node.evidence(of: Scene.instance(), by: otherMonitor, under: bound[0], at: UInt64(time(nil)))),
      ("another manifest", try scene.evidence(of: Scene.instance(manifest: Array(#"{"host":{"arguments":true,"directories":"none","environment":false}}"#.utf8)))),
    ]
    var refused = 0
    for (name, other) in others {
      for member in ["trustlet", "monitor", "manifest", "platform"] {
        let (mine, theirs) = (try Pieces.member(member, own), try Pieces.member(member, other))
        guard mine != theirs else { continue }
        // A report for the same key and nonce is this evidence's as well; and an instance's token is whole with its own manifest.
        if member == "platform", ["another monitor", "another manifest"].contains(name) { continue }
        if member == "monitor", name == "another manifest" { continue }
        let spliced = try Pieces.replacing(member, in: own, by: theirs)
        #expect(!scene.refusals(spliced).isEmpty, "\(member) of \(name)")
        refused += 1
      }
    }
    #expect(refused >= 9)
  }

  /// The evidence of a sibling is genuine, and says whose it is: what is meant for one instance is encrypted to its key alone.
  @Test func anotherInstancesEvidenceNamesAnotherInstance() throws {
    let scene = try Scene.development(.sevSNP)
    let instances = [Scene.instance(), Scene.instance()]
    let bound = try scene.node.bind([Scene.nonce])
    let endorsement = try scene.node.endorsement(of: scene.monitor, for: bound[0], at: UInt64(time(nil)))
    let claims = try instances.map { instance in
      let verdict = try scene.verdict(endorsement.evidence(of: instance, at: UInt64(time(nil))))
      #expect(verdict.isAccepted)
      let claims = try #require(verdict.examination.trustlet)
      #expect(claims.instanceIdentity == instance.identity)
      #expect(claims.instanceKey.subjectPublicKeyInfo.suffix(96) == instance.key.point[...])
      return claims
    }
    #expect(claims[0].instanceIdentity != claims[1].instanceIdentity)
    #expect(scene.platform.reports == 1)
  }

  @Test(arguments: [2, 3, 5, 8, 17])
  func oneReportServesManyNoncesAndEachOnlyItsOwn(count: Int) throws {
    let scene = try Scene.development(.sevSNP)
    let nonces = (0..<count).map { [UInt8](repeating: UInt8($0 + 1), count: 16) }
    let bound = try scene.node.bind(nonces)
    #expect(scene.platform.reports == 1)
    let evidence = try bound.map { try scene.node.evidence(of: Scene.instance(), by: scene.monitor, under: $0, at: UInt64(time(nil))) }
    for (index, bytes) in evidence.enumerated() {
      #expect(scene.refusals(bytes, nonce: nonces[index]) == [], "\(index)")
      let other = (index + 1) % count
      #expect(scene.refusals(bytes, nonce: nonces[other]) == ["policy.nonce"])
      let spliced = try Pieces.replacing("nonce-path", in: bytes, by: Pieces.member("nonce-path", evidence[other]))
      #expect(scene.refusals(spliced, nonce: nonces[index]) == ["coffer.platform-binding"])
      #expect(scene.refusals(try Pieces.removing("nonce-path", from: bytes), nonce: nonces[index]) == ["coffer.platform-binding"])
    }
    // Each byte of a path counts.
    let path = try Pieces.member("nonce-path", evidence[0])
    for index in path.indices where index % 9 == count % 9 {
      var changed = path
      changed[index] ^= 1 << UInt8(index % 8)
      #expect(scene.refusals(try Pieces.replacing("nonce-path", in: evidence[0], by: changed), nonce: nonces[0]) != [], "\(index)")
    }
  }

  /// A broker refused all instances but one of those that began at the same moment.
  @Test func noncesOfOneMomentAreGoodWhereNobodyVouches() throws {
    let scene = try Scene.none()
    let nonces = (0..<3).map { [UInt8](repeating: UInt8($0 + 1), count: 16) }
    for (nonce, bound) in zip(nonces, try scene.node.bind(nonces)) {
      let evidence = try scene.node.evidence(of: Scene.instance(), by: scene.monitor, under: bound, at: UInt64(time(nil)))
      #expect(scene.refusals(evidence, nonce: nonce) == [] && scene.refusals(evidence, nonce: nonces[0]) == (nonce == nonces[0] ? [] : ["policy.nonce"]))
    }
  }

  @Test func whatCannotBeStatedIsAnError() throws {
    let scene = try Scene.none()
    for count in [0, 7, 65] {
      #expect(throws: EvidenceError.nonce(bytes: count)) { try scene.node.bind([[UInt8](repeating: 0, count: count)]) }
    }
    #expect(throws: EvidenceError.tooManyNonces(0)) { try scene.node.bind([]) }
    #expect(throws: EvidenceError.tooManyNonces(4097)) { try scene.node.bind(Array(repeating: Scene.nonce, count: 4097)) }
    #expect(throws: EvidenceError.self) { try MonitorSigner(programDigest: [1]) }
    for change: (inout InstanceStatement) -> Void in [
      { $0.imageMeasurement.removeLast() }, { $0.identity = [1] }, { $0.key.point.append(0) },
    ] {
      var instance = Scene.instance()
      change(&instance)
      #expect(throws: EvidenceError.self) { try scene.evidence(of: instance) }
    }
  }
}
