import Attestation
import Crypto
import DevelopmentPlatform
import Evidence
import Foundation
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Platform
import Testing

/// Requests of those who would have what is not theirs.
@Suite struct HostileClientTests {
  private let resource = "/kbs/v0/resource/shop/key/database"

  private func scene(_ change: (inout KeyBrokerConfiguration) -> Void = { _ in }) throws -> BrokerScene {
    let scene = try BrokerScene(change: change)
    try scene.put(policy: Attester.policy())
    return scene
  }

  private struct Begun {
    var session: String
    var challenge: Challenge
    func attestation(_ evidence: [UInt8], _ key: JSONWebKey) -> BrokerRequest {
      let message = AttestationRequest(nonce: challenge.nonce, key: key, evidence: .string(Base64.urlText(evidence)))
      return BrokerRequest("POST", "/kbs/v0/attest", body: message.json.canonical, session: session)
    }
  }

  private func begin(_ scene: BrokerScene, session: String? = nil, tee: String = "coffer") throws -> Begun {
    let request = AuthenticationRequest(tee: tee)
    let answer = scene.broker.answer(BrokerRequest("POST", "/kbs/v0/auth", body: request.json.canonical, session: session))
    try #require(answer.status == 200)
    return Begun(session: try #require(answer.session), challenge: try Challenge(answer.body))
  }

  /// 401 at evidence, and nothing at the resource.
  private func expectRefused(_ scene: BrokerScene, _ request: BrokerRequest, _ word: String, _ place: Comment? = nil) {
    let answer = scene.broker.answer(request)
    #expect(answer.status == 401, place)
    let problem = ProtocolProblem(status: answer.status, body: answer.body)
    #expect(problem.detail.contains(word), "\(problem)")
    #expect(scene.broker.answer(BrokerRequest("GET", resource, session: request.session)).status == 401, place)
  }

  @Test func evidenceOfAnotherChallengeIsRefused() throws {
    let (scene, attester) = (try scene(), try Attester())
    let first = try begin(scene)
    let evidence = try attester.evidence(first.challenge.nonceBytes)
    #expect(scene.broker.answer(first.attestation(evidence, try attester.publicKey)).status == 200)
    // Replayed in a session of its own, and with another's nonce in the message.
    let second = try begin(scene)
    expectRefused(scene, second.attestation(evidence, try attester.publicKey), "answers another challenge")
    var third = try begin(scene)
    third.challenge = first.challenge
    expectRefused(scene, third.attestation(evidence, try attester.publicKey), "the nonce is not the one of this session")
  }

  @Test func anotherInstancesEvidenceGetsNothingForMyKey() throws {
    let (scene, attester, other) = (try scene(), try Attester(), try Attester())
    let begun = try begin(scene)
    expectRefused(scene, begun.attestation(try attester.evidence(begun.challenge.nonceBytes), try other.publicKey), "tee-pubkey is not the key")
    // A key of another kind, and the same coordinates on no curve of the instance's.
    let again = try begin(scene)
    let p256 = try DecryptionKey.p256(.init()).publicKey
    expectRefused(scene, again.attestation(try attester.evidence(again.challenge.nonceBytes), p256), "tee-pubkey is not the key")
  }

  /// Every 7th byte of evidence changed: none of it is taken, or what it says is the same.
  @Test func changedEvidenceIsRefused() throws {
    let (scene, attester) = (try scene(), try Attester())
    var refused = 0
    for index in stride(from: 0, to: 1 << 16, by: 7) {
      let begun = try begin(scene)
      var evidence = try attester.evidence(begun.challenge.nonceBytes)
      guard index < evidence.count else { break }
      evidence[index] ^= 1 << UInt8(index % 8)
      let answer = scene.broker.answer(begun.attestation(evidence, try attester.publicKey))
      #expect(answer.status == 401, "byte \(index)")
      refused += 1
    }
    #expect(refused > 50)
  }

  /// A piece of another's evidence for the same challenge in the place of one's own.
  @Test(arguments: ["trustlet", "monitor"], ["another node", "another image"])
  func splicedEvidenceIsRefused(member: String, whose: String) throws {
    let (scene, attester) = (try scene(), try Attester())
    let other = try Attester(measurement: whose == "another image" ? [UInt8](repeating: 0x22, count: 48) : Attester.measurement)
    let begun = try begin(scene)
    let (mine, theirs) = (try attester.evidence(begun.challenge.nonceBytes), try other.evidence(begun.challenge.nonceBytes))
    let (one, two) = (try CBORDecoder.decode(mine, .deterministic, of: "test"), try CBORDecoder.decode(theirs, .deterministic, of: "test"))
    let pairs = try #require(one.asMap).map { $0.key == .text(member) ? CBORPair($0.key, two[member] ?? $0.value) : $0 }
    let spliced = begun.attestation(CBOREncoder.encode(.map(pairs)), member == "trustlet" ? try other.publicKey : try attester.publicKey)
    expectRefused(scene, spliced, "coffer.")
  }

  @Test func aChallengeIsForOneAnswer() throws {
    let (scene, attester) = (try scene(), try Attester())
    let begun = try begin(scene)
    let right = begun.attestation(try attester.evidence(begun.challenge.nonceBytes), try attester.publicKey)
    let wrong = begun.attestation(Array("nothing".utf8), try attester.publicKey)
    #expect(scene.broker.answer(wrong).status == 401)
    expectRefused(scene, right, "no challenge to answer")
    let (late, just) = (try begin(scene), try begin(scene))
    let evidence = try attester.evidence(late.challenge.nonceBytes)
    scene.wait(29)
    let inTime = just.attestation(try attester.evidence(just.challenge.nonceBytes), try attester.publicKey)
    #expect(scene.broker.answer(inTime).status == 200)
    scene.wait(1)
    expectRefused(scene, late.attestation(evidence, try attester.publicKey), "no challenge to answer")
    // Whoever has answered has the session's whole time.
    scene.wait(269)
    #expect(scene.broker.answer(BrokerRequest("GET", resource, session: just.session)).status == 200)
    scene.wait(1)
    #expect(scene.broker.answer(BrokerRequest("GET", resource, session: just.session)).status == 401)
  }

  /// Challenges that nobody answers: one address has so many, all together push out the oldest, and who has given evidence notices nothing.
  @Test func unansweredChallengesKeepNobodyOut() async throws {
    let (scene, attester) = (try scene { $0.challengeLimit = 300 }, try Attester())
    let body = AuthenticationRequest(tee: "coffer").json.canonical
    func ask(_ peer: String) -> BrokerResponse { scene.broker.answer(BrokerRequest("POST", "/kbs/v0/auth", body: body, peer: peer)) }
    func attest(_ answer: BrokerResponse) throws -> Int {
      let begun = Begun(session: try #require(answer.session), challenge: try Challenge(answer.body))
      return scene.broker.answer(begun.attestation(try attester.evidence(begun.challenge.nonceBytes), try attester.publicKey)).status
    }
    let client = attester.client(DirectTransport(scene.broker, peer: "203.0.113.1"))
    try await client.attest()
    #expect((0..<64).allSatisfy { _ in ask("192.0.2.1").status == 200 })
    #expect(ask("192.0.2.1").status == 429 && ask("::ffff:192.0.2.1").status == 429)
    let kept = ask("192.0.2.2")
    scene.wait(29)
    #expect(ask("192.0.2.1").status == 429)
    #expect(try attest(kept) == 200)
    scene.wait(1)
    #expect((0..<63).allSatisfy { _ in ask("192.0.2.1").status == 200 })
    // An answer makes room, a wrong one too.
    let answered = ask("192.0.2.1")
    #expect(ask("192.0.2.1").status == 429)
    #expect(try attest(answered) == 200)
    #expect(ask("192.0.2.1").status == 200)
    // More than all together may have: the oldest goes, not the newest comer.
    let oldest = ask("198.51.100.1")
    for number in 0..<300 { #expect(ask("10.0.\(number >> 8).\(number & 255)").status == 200) }
    #expect(try attest(oldest) == 401)
    #expect(try attest(ask("198.51.100.1")) == 200)
    #expect(try await client.resource(ResourceName("shop/key/database")) == BrokerScene.secret)
  }

  /// Evidence that is genuine may be anybody's: whoever gives much of it and is accepted by no policy takes neither room nor requests from the others.
  @Test func strangersWithEvidenceKeepNobodyOut() async throws {
    let scene = try scene {
      $0.tenantSessionLimit = 4
      $0.peerBurst = 10_000
    }
    func token(_ attester: Attester, _ peer: String) async throws -> String { try await attester.client(DirectTransport(scene.broker, peer: peer)).attest() }
    func ask(_ token: String) -> Int { scene.broker.answer(BrokerRequest("GET", resource, bearer: token, peer: "203.0.113.9")).status }
    let (attester, stranger) = (try Attester(), try Attester(measurement: [UInt8](repeating: 0x22, count: 48)))
    let accepted = try await token(attester, "203.0.113.1")
    #expect(ask(accepted) == 200)
    let newcomer = try await token(attester, "203.0.113.2")
    var strangers: [String] = []
    for _ in 0..<20 { strangers.append(try await token(stranger, "192.0.2.1")) }
    #expect(strangers.map(ask) == [Int](repeating: 401, count: 18) + [403, 403])
    #expect(ask(newcomer) == 200)
    // All that the tenant's newcomers may ask for.
    #expect((0..<1000).contains { _ in ask(strangers[19]) == 429 })
    #expect(ask(accepted) == 200 && ask(newcomer) == 200)
  }

  /// Anybody can make evidence that nothing vouches for; what is not wanted anywhere takes no room and no session.
  @Test func evidenceWithoutAPlatformIsTakenOnlyWhereAPolicyAcceptsIt() throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    let begun = try begin(scene)
    expectRefused(scene, begun.attestation(try attester.evidence(begun.challenge.nonceBytes), try attester.publicKey), "none: insecure")
    try scene.put(policy: "platforms: {tpm: {reference-values: any}}\n")
    let again = try begin(scene)
    expectRefused(scene, again.attestation(try attester.evidence(again.challenge.nonceBytes), try attester.publicKey), "none: insecure")
    // Another tenant's policy is nothing to this one.
    try scene.put(policy: Attester.policy(), tenant: "acme")
    let third = try begin(scene)
    expectRefused(scene, third.attestation(try attester.evidence(third.challenge.nonceBytes), try attester.publicKey), "none: insecure")
    try scene.put("shop/key/other", policy: Attester.policy())
    let fourth = try begin(scene)
    #expect(scene.broker.answer(fourth.attestation(try attester.evidence(fourth.challenge.nonceBytes), try attester.publicKey)).status == 200)
    try scene.broker.store.remove(ResourceName("shop/key/other"), of: "default", by: "test")
    let fifth = try begin(scene)
    expectRefused(scene, fifth.attestation(try attester.evidence(fifth.challenge.nonceBytes), try attester.publicKey), "none: insecure")
  }

  @Test func aTrustletsEvidenceHasABound() throws {
    let (scene, attester) = (try scene(), try Attester())
    let begun = try begin(scene)
    let large = begun.attestation([UInt8](repeating: 0, count: (256 << 10) + 1), try attester.publicKey)
    expectRefused(scene, large, "expected at most 262144 bytes")
  }

  @Test func ofManyAnswersAtOnceOneIsTaken() async throws {
    let (scene, attester) = (try scene(), try Attester())
    let begun = try begin(scene)
    let request = begun.attestation(try attester.evidence(begun.challenge.nonceBytes), try attester.publicKey)
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 { group.addTask { scene.broker.answer(request).status } }
      return await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(statuses.sorted() == [200] + [Int](repeating: 401, count: 7))
  }

  /// A session that somebody else chose or knows gives nothing.
  @Test func sessionsAreTheBrokersChoice() throws {
    let scene = try scene()
    let begun = try begin(scene, session: "chosen-by-an-attacker")
    #expect(begun.session != "chosen-by-an-attacker")
    let again = try begin(scene, session: begun.session)
    #expect(again.session != begun.session && again.challenge != begun.challenge)
    for session in ["chosen-by-an-attacker", "", begun.session, again.session] {
      #expect(scene.broker.answer(BrokerRequest("GET", resource, session: session)).status == 401)
    }
  }

  @Test func tokensOfOthersAreRefused() async throws {
    let (scene, other, attester) = (try scene(), try self.scene(), try Attester())
    let token = try await attester.client(DirectTransport(other.broker)).attest()
    let own = try await attester.client(DirectTransport(scene.broker)).attest()
    let parts = own.split(separator: ".").map(String.init)
    let none = Base64.urlText(Array(#"{"alg":"none"}"#.utf8))
    let claims = try JSONWebToken.claims(of: own, signedBy: scene.broker.publicKey)
    let forged = try JSONWebToken.sign(claims, by: BrokerKey())
    for bad in [token, forged, "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]).", "..", "", String(repeating: "a", count: 20_000)] {
      let answer = scene.broker.answer(BrokerRequest("GET", resource, bearer: bad))
      #expect(answer.status == 401, "\(bad.prefix(60))")
    }
    #expect(scene.broker.answer(BrokerRequest("GET", resource, bearer: own)).status == 200)
  }

  /// Bodies that are no messages: an error that says where, never a trap and never a session.
  @Test(arguments: [
    "", "{}", "[]", "null", "{", "{\"version\":\"0.4.0\"}", "{\"version\":\"0.4.0\",\"tee\":\"coffer\",\"tee\":\"snp\",\"extra-params\":{}}",
    "{\"version\":\"0.4.0\",\"tee\":\"sample\",\"extra-params\":{}}", "{\"version\":\"0.4.0\",\"tee\":\"csv\",\"extra-params\":{}}",
    "{\"version\":\"0.1.0\",\"tee\":\"coffer\",\"extra-params\":{}}", "{\"version\":\"0.5.0\",\"tee\":\"coffer\",\"extra-params\":{}}",
    "{\"version\":\"1.0.0\",\"tee\":\"coffer\",\"extra-params\":{}}", "{\"version\":\"0.4\",\"tee\":\"coffer\",\"extra-params\":{}}",
    "{\"version\":\"0.4.0\",\"tee\":\"../coffer\",\"extra-params\":{}}", "{\"version\":4,\"tee\":\"coffer\",\"extra-params\":{}}",
    "{\"version\":\"0.4.0\",\"tee\":\"coffer\",\"extra-params\":1.5}", "{\"version\":\"0.4.0\",\"tee\":\"coffer\",\"more\":1}",
    "{\"version\":\"0.4.0\",\"tee\":\"coffer\",\"extra-params\":" + String(repeating: "[", count: 4000) + String(repeating: "]", count: 4000) + "}",
    "{\"version\":\"0.4.0\",\"tee\":\"coffer\",\"extra-params\":\"\u{FFFD}\\ud800\"}",
    "{\"version\":\"0.4.0\",\"tee\":\"" + String(repeating: "a", count: 15_000) + "\",\"extra-params\":{}}",
    String(repeating: " ", count: 20_000),
  ])
  func badRequestsBeginNothing(body: String) throws {
    let scene = try scene()
    let answer = scene.broker.answer(BrokerRequest("POST", "/kbs/v0/auth", body: Array(body.utf8)))
    #expect([400, 401, 413].contains(answer.status) && answer.session == nil, "\(body.prefix(60))")
    #expect(answer.contentType == "application/problem+json")
    #expect(try JSONReader.value(of: answer.body, "problem")["type"]?.text?.hasPrefix("https://github.com/confidential-containers/kbs/errors/") == true)
  }

  @Test func badAttestationsAreRefused() throws {
    let (scene, attester) = (try scene(), try Attester())
    func change(_ change: (JSONValue, [UInt8]) throws -> [UInt8]) throws -> Int {
      let begun = try begin(scene)
      let evidence = try attester.evidence(begun.challenge.nonceBytes)
      let message = AttestationRequest(nonce: begun.challenge.nonce, key: try attester.publicKey, evidence: .string(Base64.urlText(evidence)))
      let body = try change(message.json, evidence)
      let answer = scene.broker.answer(BrokerRequest("POST", "/kbs/v0/attest", body: body, session: begun.session))
      #expect(scene.broker.answer(BrokerRequest("GET", resource, session: begun.session)).status == (answer.status == 200 ? 200 : 401))
      return answer.status
    }
    func text(_ value: JSONValue) -> String { String(decoding: value.canonical, as: UTF8.self) }
    #expect(try change { message, _ in message.canonical } == 200)
    let replacements: [(String, String)] = [
      ("{\"runtime-data\"", "{\"init-data\":{\"format\":\"toml\",\"body\":\"\"},\"runtime-data\""), ("{\"runtime-data\"", "{\"more\":1,\"runtime-data\""),
      ("\"additional_evidence\":\"\"", "\"additional_evidence\":\"{\\\"snp\\\":{}}\""), ("\"additional_evidence\":\"\"", "\"additional_evidence\":{}"),
      ("\"alg\":\"ECDH-ES+A256KW\"", "\"alg\":\"ECDH-ES\""), ("\"crv\":\"P-384\"", "\"crv\":\"P-256\""), ("\"kty\":\"EC\"", "\"kty\":\"oct\""),
      ("\"kty\":\"EC\"", "\"kty\":\"EC\",\"d\":\"AA\""), ("\"kty\":\"EC\"", "\"kty\":\"EC\",\"kty\":\"EC\""), ("\"primary_evidence\"", "\"primary\""),
      ("\"runtime-data\"", "\"runtime_data\""),
    ]
    for (old, new) in replacements {
      #expect([400, 401].contains(try change { message, _ in Array(text(message).replacing(old, with: new, maxReplacements: 1).utf8) }), "\(new)")
    }
    // Evidence in another encoding than the one it has.
    #expect(try change { message, evidence in Array(text(message).replacing(Base64.urlText(evidence), with: hexadecimal(evidence)).utf8) } == 401)
    #expect(try change { _, _ in [UInt8](repeating: 0x20, count: AttestationRequest.maximumSize + 1) } == 413)
    #expect(try change { _, _ in [0xFF, 0xFE] } == 400)
  }

  @Test(arguments: [
    "/kbs/v0/resource/a/b", "/kbs/v0/resource/a/b/c/d", "/kbs/v0/resource/../b/c", "/kbs/v0/resource/a/../c", "/kbs/v0/resource/a/b/..",
    "/kbs/v0/resource/a//c", "/kbs/v0/resource/%2e%2e/b/c", "/kbs/v0/resource/a/b/c%00", "/kbs/v0/resource/a/b/c\u{0}", "/kbs/v0/resource/a/b/c\n",
    "/kbs/v0/resource/.a/b/c", "/kbs/v0/resource/a/b/c?x", "/kbs/v0/../v1/tokens", "kbs/v0/auth", "", "/", "//kbs/v0/auth", "/kbs/v1/auth",
    "/a/b/kbs/v0/auth", "/kbs/v0/policy", "/v1", "/v1/", "/v1/tenants/default/resources/../../x", "/kbs/v0/resource/a/b/\u{E9}",
    "/kbs/v0/resource/a/b/" + String(repeating: "c", count: 65), "/" + String(repeating: "a/", count: 5000),
  ])
  func pathsLeadNowhereElse(path: String) throws {
    let scene = try scene()
    let token = try scene.broker.store.addToken(tenant: nil, role: .admin, by: "test").text
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", ""] {
      let answer = scene.broker.answer(BrokerRequest(method, path, bearer: token))
      #expect([400, 401, 404, 405].contains(answer.status), "\(method) \(path): \(answer.status)")
    }
    #expect(try scene.broker.store.resources(of: "default").count == 1)
  }

  @Test func theLogHoldsNoSecretsAndNoControls() async throws {
    let (scene, attester) = (try scene(), try Attester())
    let transport = DirectTransport(scene.broker, peer: "192.0.2.7")
    let client = attester.client(transport)
    _ = try await client.resource(ResourceName("shop/key/database"))
    let session = try #require(transport.requests.last?.session)
    let token = try #require(transport.requests.last?.bearer)
    let log = try scene.broker.store.audit().flatMap(\.entry)
    for secret in [BrokerScene.secret, Array(session.utf8), Array(token.utf8)] { #expect(log.firstRange(of: secret) == nil) }
    #expect(log.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
  }
}
