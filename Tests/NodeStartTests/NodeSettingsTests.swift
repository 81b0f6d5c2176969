import NodeStart
import Testing

@Suite struct NodeSettingsTests {
  @Test func whatTheKernelsCommandLineSays() throws {
    let settings = try NodeSettings(commandLine: "console=ttyS0 quiet coffer.address=192.0.2.7/24 coffer.gateway=192.0.2.1 coffer.port=80 initrd=initrd\n")
    #expect(settings.address == IPv4Network("192.0.2.7/24") && settings.gateway == IPv4Address("192.0.2.1"))
    #expect(settings.port == 80 && settings.evidencePort == 8081 && settings.attestedPort == 8443 && settings.interface == "eth0")
    #expect(try NodeSettings(commandLine: "quiet").address == nil)
  }

  @Test(arguments: [
    "coffer.address=192.0.2.7", "coffer.address=192.0.2.7/33", "coffer.address=192.0.2.07/24", "coffer.address=192.0.2/24", "coffer.address=1.2.3.4/+8",
    "coffer.address=", "coffer.address", "coffer.gateway=192.0.2.1", "coffer.address=192.0.2.7/24 coffer.gateway=192.0.3.1", "coffer.port=0", "coffer.port=65536",
    "coffer.port=x", "coffer.attested-port=0", "coffer.shell=1", "coffer.interface=", "coffer.interface=a/b", "coffer.interface=sixteen-letters-", String(repeating: "a", count: 2049),
  ])
  func aNodeDoesNotGuess(_ line: String) {
    #expect(throws: StartError.self) { try NodeSettings(commandLine: line) }
  }

  @Test func whoReleasesSecrets() throws {
    let pin = String(repeating: "0a", count: 32)
    let line = "coffer.address=192.0.2.7/24 coffer.broker=https://192.0.2.9:8085 coffer.broker-pin=\(pin) coffer.broker-tenant=acme"
    #expect(
      try NodeSettings(commandLine: line).brokerOptions == [
        "--broker", "https://192.0.2.9:8085", "--broker-authority", "/coffer/broker-authority.pem", "--broker-pin", pin, "--broker-tenant", "acme",
      ])
    #expect(try NodeSettings(commandLine: "coffer.address=192.0.2.7/24 coffer.broker=https://192.0.2.9").broker == "https://192.0.2.9:443")
    #expect(try NodeSettings(commandLine: "quiet").brokerOptions.isEmpty)
  }

  @Test(arguments: [
    "coffer.broker=http://192.0.2.9:8085", "coffer.broker=https://broker.example", "coffer.broker=https://127.0.0.1:8085", "coffer.broker=https://192.0.2.9:0",
    "coffer.broker=https://192.0.2.9:08085", "coffer.broker=https://192.0.2.9/path", "coffer.broker=https://192.0.2.9:1:2", "coffer.broker=", "coffer.broker",
    "coffer.broker=https://192.0.2.9 coffer.broker-pin=00", "coffer.broker=https://192.0.2.9 coffer.broker-tenant=", "coffer.broker=https://192.0.2.9 coffer.broker-tenant=--net",
    "coffer.broker-pin=\(String(repeating: "0", count: 64))", "coffer.broker-tenant=acme",
  ])
  func aBrokerIsNotGuessed(_ line: String) {
    #expect(throws: StartError.self) { try NodeSettings(commandLine: "coffer.address=192.0.2.7/24 \(line)") }
    #expect(throws: StartError.self) { try NodeSettings(commandLine: "coffer.broker=https://192.0.2.9") }
  }

  @Test func networks() throws {
    let all = try #require(IPv4Network("10.0.0.1/0")), one = try #require(IPv4Network("10.0.0.1/32"))
    #expect(all.contains(IPv4Address(value: .max)) && one.contains(IPv4Address(value: 0x0A00_0001)) && !one.contains(IPv4Address(value: 0x0A00_0002)))
    #expect(one.description == "10.0.0.1/32")
  }
}

@Suite struct EvidenceRequestTests {
  private func request(_ text: String) throws -> EvidenceRequest { try EvidenceRequest(Array(text.utf8)) }

  @Test func aNonceIsReadAsItStands() throws {
    let digits = String(repeating: "0aF", count: 10) + "97"
    let request = try request("GET /evidence?nonce=\(digits) HTTP/1.1\r\nHost: node\r\n\r\n")
    #expect(request.nonce.count == 16 && request.nonce.first == 0x0A && request.nonce.last == 0x97)
  }

  @Test(arguments: [
    ("", .malformed), ("GET", .malformed), ("GET /evidence?nonce=00 HTTP/2\r\n", .malformed), ("GET  / HTTP/1.1\r\n", .malformed), ("POST /evidence HTTP/1.1\r\n", .wrongMethod),
    ("GET / HTTP/1.1\r\n", .notHere), ("GET /evidence HTTP/1.1\r\n", .notHere), ("GET /evidence?nonce= HTTP/1.1\r\n", .noNonce),
    ("GET /evidence?nonce=\(String(repeating: "0", count: 30)) HTTP/1.1\r\n", .noNonce), ("GET /evidence?nonce=\(String(repeating: "0", count: 33)) HTTP/1.1\r\n", .noNonce),
    // What a node binds is a hash: nobody else has one signed.
    ("GET /evidence?nonce=\(String(repeating: "a", count: 34)) HTTP/1.1\r\n", .noNonce), ("GET /evidence?nonce=\(String(repeating: "a", count: 64)) HTTP/1.1\r\n", .noNonce),
    ("GET /evidence?nonce=\(String(repeating: "a", count: 96)) HTTP/1.1\r\n", .noNonce), ("GET /evidence?nonce=\(String(repeating: "a", count: 128)) HTTP/1.1\r\n", .noNonce),
    ("GET /evidence?nonce=\(String(repeating: "0", count: 130)) HTTP/1.1\r\n", .noNonce), ("GET /evidence?nonce=\(String(repeating: "g", count: 32)) HTTP/1.1\r\n", .noNonce),
  ] as [(String, EvidenceRefusal)])
  func anythingElseIsRefused(_ text: String, _ reason: EvidenceRefusal) {
    #expect(throws: reason) { try request(text) }
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(throws: EvidenceRefusal.malformed) { try EvidenceRequest([0x47, 0xFF, 0xFE, 0x0D, 0x0A]) }
  }

  @Test func anAnswerSaysHowLongItIs() throws {
    let answer = String(decoding: EvidenceAnswer.evidence([1, 2, 3], format: "tpm-quote"), as: UTF8.self)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("Content-Length: 3\r\n") && answer.contains("application/vnd.coffer.tpm-quote"))
    for reason in [EvidenceRefusal.malformed, .wrongMethod, .notHere, .noNonce, .noPlatform("no TPM"), .busy] {
      let text = String(decoding: EvidenceAnswer.refusal(reason), as: UTF8.self)
      let parts = text.split(separator: "\r\n\r\n")
      #expect(parts.count == 2 && text.contains("Content-Length: \(parts.last?.utf8.count ?? 0)\r\n"))
    }
  }
}
