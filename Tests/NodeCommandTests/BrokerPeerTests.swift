import Attestation
import DevelopmentPlatform
import Foundation
import KeyBrokerProtocol
import Platform
import SampleFunctions
import Testing

/// `COFFER_PYTHON`, or python3.
enum PythonClient {
  static let path = ProcessInfo.processInfo.environment["COFFER_PYTHON"] ?? "/usr/bin/python3"
  static let hasPackages = (try? BrokerProcess.run(path, ["-c", "import requests, jwcrypto"]).status) == 0
}

/// A client that shares no code with the broker: Python with requests and jwcrypto, over HTTP and TLS.
@Suite(.enabled(if: PythonClient.hasPackages, "2 tests: Python has no requests or no jwcrypto; pip install both, or name a Python that has them in COFFER_PYTHON"))
struct BrokerPeerTests {
  /// Asks for a challenge, and says what evidence must bind.
  private static let begin = """
    import sys, json, hashlib, requests
    from jwcrypto import jwk
    url, verify = sys.argv[1:3]
    session = requests.Session(); session.verify = verify or True
    answer = session.post(url + '/kbs/v0/auth', json={'version': '0.4.0', 'tee': 'snp', 'extra-params': {}})
    answer.raise_for_status()
    key = jwk.JWK.generate(kty='EC', crv='P-256')
    public = {n: v for n, v in json.loads(key.export_public()).items() if n in ('kty', 'crv', 'x', 'y')}
    public['alg'] = 'ECDH-ES+A256KW'
    runtime = {'nonce': answer.json()['nonce'], 'tee-pubkey': public}
    bound = json.dumps({**runtime, 'additional-evidence': ''}, sort_keys=True, separators=(',', ':')).encode()
    print(hashlib.sha384(bound).hexdigest())
    print(json.dumps({'runtime': runtime, 'key': key.export(), 'cookie': session.cookies['kbs-session-id']}))
    """

  /// Gives evidence and gets the resource, by the cookie and by the token.
  private static let finish = """
    import sys, json, requests
    from jwcrypto import jwk, jwe
    url, verify, state, evidence = sys.argv[1:5]
    state = json.loads(state)
    session = requests.Session(); session.verify = verify or True
    cookie = {'Cookie': 'kbs-session-id=' + state['cookie']}
    body = {'runtime-data': state['runtime'], 'tee-evidence': {'primary_evidence': evidence, 'additional_evidence': ''}}
    answer = session.post(url + '/kbs/v0/attest', json=body, headers=cookie)
    print(answer.status_code)
    if answer.status_code != 200: print(answer.json()['detail']); sys.exit()
    token = answer.json()['token']
    for headers in (cookie, {'Authorization': 'Bearer ' + token}):
      answer = requests.get(url + '/kbs/v0/resource/shop/key/database', headers=headers, verify=verify or True)
      answer.raise_for_status()
      message = jwe.JWE(algs=['ECDH-ES+A256KW', 'A256GCM'])
      message.deserialize(answer.text, jwk.JWK.from_json(state['key']))
      print(message.payload.decode())
    """

  private func release(_ broker: BrokerProcess, _ scratch: ScratchDirectory, _ machine: DevelopmentMachine, verify: String) throws {
    let begun = try BrokerProcess.run(PythonClient.path, ["-c", Self.begin, broker.url, verify]).output.split(separator: "\n").map(String.init)
    try #require(begun.count == 2)
    let digest = try #require(bytes(hexadecimal: begun[0]))
    let evidence = Base64.text(try machine.report(binding: digest + [UInt8](repeating: 0, count: 16)).evidence)
    let done = try BrokerProcess.run(PythonClient.path, ["-c", Self.finish, broker.url, verify, begun[1], evidence])
    #expect(done.output == "200\nhunter2\nhunter2\n", "\(done)")
    // The same once more: its challenge was answered.
    let again = try BrokerProcess.run(PythonClient.path, ["-c", Self.finish, broker.url, verify, begun[1], evidence])
    #expect(again.output.hasPrefix("401\n"), "\(again)")
  }

  private func prepare(_ scratch: ScratchDirectory, _ options: [String] = []) throws -> (BrokerProcess, DevelopmentMachine) {
    let root = DevelopmentRoot()
    let machine = DevelopmentMachine(.sevSNP, root: root)
    let collateral = "\(scratch.path)/collateral.pem"
    let files = try machine.report(binding: [UInt8](repeating: 0, count: 64)).endorsements
    try Data(try #require(files.first)).write(to: URL(fileURLWithPath: collateral))
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker", ["--collateral", collateral] + options)
    let policy = "\(scratch.path)/policy.yaml"
    try Data(
      """
      platforms: {sev-snp: {minimum-tcb: {bootloader: any, tee: any, snp: 1, microcode: any}, reference-values: [{launch-digest: "\(hexadecimal(machine.launchDigest))"}]}}
      trust-anchors: {sev-snp: ["\(hexadecimal(root.fingerprint))"]}
      """.utf8
    ).write(to: URL(fileURLWithPath: policy))
    return (broker, machine)
  }

  @Test func pythonGetsASecret() throws {
    let scratch = try ScratchDirectory()
    let (broker, machine) = try prepare(scratch)
    #expect(try broker.run(["put", "shop/key/database", "-", "--policy", "\(scratch.path)/policy.yaml"], input: "hunter2").status == 0)
    try release(broker, scratch, machine, verify: "")
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "there is no openssl to make a certificate with"))
  func pythonGetsASecretOverTLS() throws {
    let scratch = try ScratchDirectory()
    let (certificate, key) = ("\(scratch.path)/certificate.pem", "\(scratch.path)/key.pem")
    let made = try BrokerProcess.run(
      "/usr/bin/openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1"])
    try #require(made.status == 0, "\(made)")
    let (broker, machine) = try prepare(scratch, ["--certificate", certificate, "--private-key", key])
    #expect(broker.url.hasPrefix("https://"))
    // A client that does not know the certificate tells nobody anything.
    let stranger = try broker.run(["put", "shop/key/database", "-"], input: "hunter2")
    #expect(stranger.status == 125, "\(stranger)")
    let put = try broker.run(["put", "shop/key/database", "-", "--policy", "\(scratch.path)/policy.yaml", "--authority", certificate], input: "hunter2")
    #expect(put.status == 0, "\(put)")
    try release(broker, scratch, machine, verify: certificate)
  }
}
