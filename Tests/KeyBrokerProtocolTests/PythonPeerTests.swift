import Foundation
import KeyBrokerProtocol
import Testing

/// Python with packages that the tests speak to: `COFFER_PYTHON`, or python3.
enum PythonPeer {
  static let path = ProcessInfo.processInfo.environment["COFFER_PYTHON"] ?? "/usr/bin/env"
  private static let first = ProcessInfo.processInfo.environment["COFFER_PYTHON"] == nil ? ["python3"] : []

  static let hasJWCrypto = (try? Exchange("import jwcrypto"))?.end() == 0

  /// A script that is spoken to line by line.
  final class Exchange {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())
    private var held = Data()

    init(_ script: String, _ arguments: [String] = []) throws {
      // A script that ends early is no reason to end.
      signal(SIGPIPE, SIG_IGN)
      process.executableURL = URL(fileURLWithPath: PythonPeer.path)
      process.arguments = PythonPeer.first + ["-c", script] + arguments
      process.standardInput = input
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    func send(_ line: String) throws { try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }

    func line() -> String? {
      while true {
        if let end = held.firstIndex(of: UInt8(ascii: "\n")) {
          defer { held = Data(held[(end + 1)...]) }
          return String(decoding: held[..<end], as: UTF8.self)
        }
        let more = output.fileHandleForReading.availableData
        guard !more.isEmpty else { return nil }
        held += more
      }
    }

    func end() -> Int32 {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
      return process.terminationStatus
    }
  }
}

/// JSON Web Encryption against an implementation that shares no code with this one: jwcrypto, from PyPI.
@Suite(.enabled(if: PythonPeer.hasJWCrypto, "2 tests: Python has no jwcrypto; pip install jwcrypto, or name a Python that has it in COFFER_PYTHON"))
struct PythonPeerTests {
  private static let decrypting = """
    import sys, json
    from jwcrypto import jwk, jwe
    from jwcrypto.common import base64url_encode
    kind, alg = sys.argv[1:]
    key = jwk.JWK.generate(kty='RSA', size=2048) if kind == 'RSA' else jwk.JWK.generate(kty='EC', crv=kind)
    public = json.loads(key.export_public()); public['alg'] = alg
    print(json.dumps({n: public[n] for n in ('kty', 'crv', 'alg', 'x', 'y', 'n', 'e') if n in public}), flush=True)
    for line in sys.stdin:
      token = jwe.JWE(algs=['ECDH-ES+A256KW', 'RSA-OAEP', 'RSA-OAEP-256', 'A256GCM'])
      token.deserialize(line, key)
      print(base64url_encode(token.payload), flush=True)
    """

  private static let encrypting = """
    import sys, json
    from jwcrypto import jwk, jwe
    public = json.loads(sys.argv[1])
    key = jwk.JWK(**{n: v for n, v in public.items() if n != 'alg'})
    header = {'alg': public['alg'], 'enc': 'A256GCM'}
    if len(sys.argv) > 3: header.update(apu='QWxpY2U', apv='Qm9i')
    token = jwe.JWE(sys.argv[2].encode(), json.dumps(header), algs=['ECDH-ES+A256KW', 'RSA-OAEP', 'RSA-OAEP-256', 'A256GCM'])
    token.add_recipient(key)
    print(token.serialize(compact=False))
    """

  @Test(arguments: [("P-256", "ECDH-ES+A256KW"), ("P-384", "ECDH-ES+A256KW"), ("P-521", "ECDH-ES+A256KW"), ("RSA", "RSA-OAEP"), ("RSA", "RSA-OAEP-256")])
  func itOpensWhatIsEncryptedHere(kind: String, algorithm: String) throws {
    let peer = try PythonPeer.Exchange(Self.decrypting, [kind, algorithm])
    let key = try JSONWebKey(JSONReader.value(of: Array(try #require(peer.line()).utf8), "key"))
    // No empty one: jwcrypto takes that for none.
    for content in [[0], Array("secret".utf8), [UInt8](repeating: 9, count: 5000)] as [[UInt8]] {
      try peer.send(String(decoding: JSONWebEncryption(encrypting: content, to: key).json.canonical, as: UTF8.self))
      let answer = peer.line()
      #expect(answer == Base64.urlText(content), "\(content.count) bytes")
    }
    #expect(peer.end() == 0)
  }

  @Test func whatItEncryptsOpensHere() throws {
    for key in try EncryptionTests.keys() {
      let publicKey = try key.publicKey
      for parties in [[], ["with parties"]] where parties.isEmpty || publicKey.algorithm == "ECDH-ES+A256KW" {
        let peer = try PythonPeer.Exchange(Self.encrypting, [String(decoding: publicKey.json.canonical, as: UTF8.self), "a secret"] + parties)
        let message = try JSONWebEncryption(Array(try #require(peer.line()).utf8))
        #expect(try message.decrypted(by: key) == Array("a secret".utf8), "\(publicKey.algorithm)")
        #expect(peer.end() == 0)
      }
    }
  }
}
