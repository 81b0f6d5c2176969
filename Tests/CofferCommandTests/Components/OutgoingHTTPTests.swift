import Foundation
import Glibc
import LoopbackSockets
import Testing
import WASIClients

/// Components that make HTTP requests (wasi:http/outgoing-handler), to peers that behave and to peers that do not; all of it on loopback.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding), .serialized)
struct OutgoingHTTPTests {
  /// What a peer does, and what the component is to see of it: lines of which each has to be there. Error codes are numbers of wasi:http's error-code:
  /// 7 connection-terminated, 9 connection-read-timeout, 25 HTTP-response-incomplete, 26 header-section-size, 33 HTTP-response-timeout, 35 HTTP-protocol-error.
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    let script: [UInt8]
    var ending = ScriptedPeer.Ending.closes
    var pieces: Int?
    let expected: [String]

    init(_ name: String, _ script: String, _ ending: ScriptedPeer.Ending = .closes, pieces: Int? = nil, sees expected: String...) {
      (self.name, self.ending, self.pieces, self.expected) = (name, ending, pieces, expected)
      self.script = Array(script.utf8)
    }

    init(_ name: String, bytes: [UInt8], sees expected: String...) { (self.name, self.script, self.expected) = (name, bytes, expected) }

    var description: String { name }
  }

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

  static let good = [
    Case("a length", ok + "Content-Length: 5\r\nX-A: b\r\n\r\nhello", sees: "status 200", "field X-A: b", "body 5"),
    Case("chunks and trailers", chunked + "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-T: 1\r\n\r\n", sees: "status 200", "body 11", "trailer X-T: 1"),
    Case("up to the end", ok + "\r\nhello", sees: "status 200", "body 5"),
    Case("byte by byte", chunked + "5\r\nhello\r\n0\r\n\r\n", .closes, pieces: 1, sees: "status 200", "body 5"),
    Case(
      "informational answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\(ok)Content-Length: 2\r\n\r\nok", sees: "status 200", "body 2"),
    Case("one length twice", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", sees: "status 200", "body 5"),
    Case("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", sees: "status 204", "body 0"),
    Case("304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", sees: "status 304", "body 0"),
    Case("two answers", String(repeating: ok + "Content-Length: 2\r\n\r\nok", count: 2), sees: "status 200", "body 2"),
    Case("a value that is no UTF-8", bytes: Array((ok + "X: ").utf8) + [0xFF, 0xFE] + Array("\r\nContent-Length: 2\r\n\r\nok".utf8), sees: "status 200", "body 2"),
  ]

  /// What is as long in one piece as in many.
  static let long = ok + "X: \(String(repeating: "y", count: 12_000))\r\nContent-Length: 2\r\n\r\nok"
  static let more = [
    Case("a status above 599", "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", sees: "status 999", "body 0"),
    Case("a long field", long, sees: "status 200", "body 2"),
    Case("a long field in pieces", long, pieces: 1000, sees: "status 200", "body 2"),
    Case("a long chunk's size", chunked + "5;\(String(repeating: "y", count: 12_000))\r\nhello\r\n0\r\n\r\n", sees: "body ends with error 35"),
    Case("a long trailer in pieces", chunked + "0\r\nX: \(String(repeating: "y", count: 12_000))\r\n\r\n", pieces: 1000, sees: "body 0"),
  ]

  static let bad = [
    Case("informational answers without end", "", .repeats(Array("HTTP/1.1 102 Processing\r\nX: y\r\n\r\n".utf8)), sees: "error 26"),
    Case("101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", sees: "error 35"),
    Case("100,000 fields", ok + (0..<100_000).map { "X\($0): 1\r\n" }.joined() + "\r\n", sees: "error 35"),
    Case("a line without end", ok + "A: ", .repeats([UInt8](repeating: 0x78, count: 1000)), sees: "error 26"),
    Case("a large head", ok + (0..<20).map { "X\($0): \(String(repeating: "y", count: 4000))\r\n" }.joined() + "\r\n", sees: "error 26"),
    Case("two lengths", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", sees: "error 35"),
    Case("a length and a coding", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", sees: "error 35"),
    Case("another coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", sees: "error 35"),
    Case("a coding twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", sees: "error 35"),
    Case("a negative length", ok + "Content-Length: -5\r\n\r\nhello", sees: "error 35"),
    Case("a huge length", ok + "Content-Length: 99999999999999999999\r\n\r\nhello", sees: "error 35"),
    Case("a hexadecimal length", ok + "Content-Length: 0x5\r\n\r\nhello", sees: "error 35"),
    Case("a length that is not kept", ok + "Content-Length: 999999999999999999\r\n\r\nhello", sees: "status 200", "body ends with error 25"),
    Case("a huge chunk", chunked + "ffffffffffffffff\r\nhello", sees: "status 200", "body ends with error 35"),
    Case("a large chunk that does not come", chunked + "ffffffff\r\nhello", sees: "status 200", "body ends with error 25"),
    Case("a negative chunk", chunked + "-1\r\nhello", sees: "body ends with error 35"),
    Case("0x5", chunked + "0x5\r\nhello\r\n0\r\n\r\n", sees: "body ends with error 35"),
    Case("a chunk that goes on", chunked + "3\r\nhello\r\n0\r\n\r\n", sees: "body ends with error 35"),
    Case("a chunk without a size", chunked + "\r\nhello\r\n0\r\n\r\n", sees: "body ends with error 35"),
    Case("an extension without end", chunked + "5;", .repeats([UInt8](repeating: 0x78, count: 1000)), sees: "body ends with error 35"),
    Case("trailers without end", chunked + "0\r\n", .repeats(Array("X: y\r\n".utf8)), sees: "body ends with error 35"),
    Case("a trailer that is none", chunked + "0\r\nX y\r\n\r\n", sees: "body ends with error 35"),
    Case("a folded line", ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", sees: "error 35"),
    Case("a space before the colon", ok + "Content-Length : 0\r\n\r\n", sees: "error 35"),
    Case("no colon", ok + "Content-Length\r\n\r\n", sees: "error 35"),
    Case("a carriage return alone", ok + "X: a\rContent-Length: 9\r\nContent-Length: 2\r\n\r\nok", sees: "error 35"),
    Case("a zero byte", ok + "X: a\0b\r\nContent-Length: 2\r\n\r\nok", sees: "error 35"),
    Case("a name that is no UTF-8", bytes: Array((ok + "X").utf8) + [0xFF] + Array(": 1\r\nContent-Length: 2\r\n\r\nok".utf8), sees: "error 35"),
    Case("another version", "HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n", sees: "error 35"),
    Case("a status below 100", "HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", sees: "error 35"),
    Case("nothing", "", sees: "error 25"),
    Case("half a head", ok + "X: ", sees: "error 25"),
    Case("half a body", ok + "Content-Length: 50\r\n\r\nhello", sees: "status 200", "body 5", "body ends with error 25"),
    Case("half a chunk", chunked + "50\r\nhello", sees: "body ends with error 25"),
    Case("a reset", ok + "Content-Length: 50\r\n\r\nhello", .resets, sees: "status 200", "body ends with error 7"),
    Case("silence", "", .stays, sees: "error 33"),
    Case("silence in the head", ok, .stays, sees: "error 9"),
    Case("silence in the body", ok + "Content-Length: 50\r\n\r\nhello", .stays, sees: "status 200", "body ends with error 9"),
    Case("silence in a chunk's size", chunked + "5", .stays, sees: "status 200", "body ends with error 9"),
  ]

  private func fetch(_ place: Workplace, _ port: UInt16, _ words: String..., options: [String] = [], machine: String = "kvm") throws -> CofferCommand.Result {
    try CofferCommand.run(
      ["run", "--machine", machine, "--timeout", "60s", "--net", "connect:127.0.0.1:*"] + options + ["fetch.wasm", "--", "http", "127.0.0.1:\(port)"] + words,
      in: place.path)
  }

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write("fetch.wasm", try WASIClients.fetch())
    return place
  }

  /// Each wait may take two seconds.
  @Test(arguments: good + more + bad) func whateverAPeerSaysIsAnAnswerOrAnError(_ test: Case) throws {
    let (place, peer) = (try place(), try ScriptedPeer(test.script, test.ending, pieces: test.pieces))
    defer { peer.end() }
    let result = try fetch(place, peer.port, "/a?b=c", "GET", "-", "2000")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    for line in test.expected { #expect(lines.contains(line), "\(line): \(result.output.prefix(2000))") }
    #expect(peer.heads == ["GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(peer.port)\r\nConnection: close\r\n\r\n"])
    // Of what comes piece by piece and has no end, a piece is nothing to be read.
    if test.pieces == nil, !test.ending.isEndless { #expect(!result.output.contains("in vain"), "\(result.output)") }
  }

  /// A program may keep one pollable of a stream, and one of a future, for as long as there is something to wait for.
  @Test(arguments: good + bad) func aPollableThatIsKeptIsRight(_ test: Case) throws {
    let (place, peer) = (try place(), try ScriptedPeer(test.script, test.ending, pieces: test.pieces))
    defer { peer.end() }
    let result = try fetch(place, peer.port, "/", "GET", "-", "2000", "1", "kept")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    for line in test.expected { #expect(lines.contains(line), "\(line): \(result.output.prefix(2000))") }
    if test.pieces == nil, !test.ending.isEndless { #expect(!result.output.contains("in vain"), "\(result.output)") }
  }

  /// 10: connection-write-timeout.
  @Test(arguments: [["1"], ["1", "kept"]]) func aPeerThatTakesNothingIsGivenUp(words: [String]) throws {
    let place = try place()
    let (listener, port) = try Loopback.socket(listens: 4)
    defer { close(listener) }
    let result = try CofferCommand.run(
      ["run", "--timeout", "60s", "--net", "connect:127.0.0.1:*", "fetch.wasm", "--", "http", "127.0.0.1:\(port)", "/", "POST", "100000000", "2000"] + words,
      in: place.path)
    #expect(result.output.contains("the peer wants no more\nerror 10\n") && !result.output.contains("in vain"), "\(result)")
  }

  /// The head has one time for all of it: a byte now and then gains none.
  @Test func aHeadThatDripsIsGivenUp() throws {
    let (place, peer) = (try place(), try ScriptedPeer(Array((Self.ok + String(repeating: "X: y\r\n", count: 10_000)).utf8), pieces: 1))
    defer { peer.end() }
    #expect(try fetch(place, peer.port, "/", "GET", "-", "2000").output.contains("error 9\n"))
  }

  @Test func theOtherMachineDoesTheSame() throws {
    let (place, test) = (try place(), Self.good[1])
    let peer = try ScriptedPeer(test.script)
    defer { peer.end() }
    let lines = try fetch(place, peer.port, "/", machine: "process").output.split(separator: "\n").map(String.init)
    for line in test.expected { #expect(lines.contains(line), "\(lines)") }
  }

  /// What has no end is ended by the run's limits.
  @Test func aBodyWithoutEndIsStopped() throws {
    let (place, peer) = (try place(), try ScriptedPeer(Array((Self.ok + "\r\n").utf8), .repeats([UInt8](repeating: 0x78, count: 65_536))))
    defer { peer.end() }
    #expect(try place.run("run", "--timeout", "2s", "--net", "connect:127.0.0.1:*", "fetch.wasm", "--", "http", "127.0.0.1:\(peer.port)", "/").status == 124)
  }

  /// Who refuses a body before it has come says so, and is heard.
  @Test func anAnswerBeforeTheBodyIsRead() throws {
    let (place, peer) = (try place(), try ScriptedPeer(Array("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n".utf8), .stays))
    defer { peer.end() }
    let result = try fetch(place, peer.port, "/", "POST", "100000")
    #expect(result.output.contains("status 413"), "\(result.output)")
    let nobody = try ScriptedPeer([], .stays)
    nobody.end()
    #expect(try fetch(place, nobody.port, "/").output == "error 6\n")
  }

  /// A command may make requests for as long as it likes: nothing of one stays.
  @Test func manyRequestsTakeTheMemoryOfOne() throws {
    let (place, peer) = (try place(), try ScriptedPeer(Array((Self.ok + "Content-Length: 2\r\n\r\nok").utf8), .stays))
    defer { peer.end() }
    let result = try fetch(place, peer.port, "/\(String(repeating: "p", count: 4000))", "POST", "1000", "5000", "2000", options: ["--memory", "24MiB"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").count { $0 == "status 200" } == 2000)
  }

  @Test(arguments: [("CONNECT", "error 18"), ("HEAD", "status 200"), ("BREW", "status 200")]) func methods(method: String, line: String) throws {
    let (place, peer) = (try place(), try ScriptedPeer(Array((Self.ok + "Content-Length: 5\r\n\r\n" + (method == "BREW" ? "hello" : "")).utf8), .stays))
    defer { peer.end() }
    let result = try fetch(place, peer.port, "/", method)
    #expect(result.output.contains(line), "\(result.output)")
    #expect(!result.output.contains("ends with"), "\(result.output)")
  }

  /// Fields of the peer's connection are neither shown nor sent on, whoever they came from.
  @Test func fieldsOfTheConnectionEndWithIt() throws {
    let script = Self.ok + "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nHost: x\r\nX-A: b\r\n\r\n"
      + "0\r\nConnection: close\r\nX-T: 1\r\n\r\n"
    let (place, peer) = (try place(), try ScriptedPeer(Array(script.utf8)))
    defer { peer.end() }
    let lines = try fetch(place, peer.port, "/").output.split(separator: "\n").filter { $0.hasPrefix("field ") || $0.hasPrefix("trailer ") }
    #expect(lines == ["field X-A: b", "trailer X-T: 1"])
    try place.write("misuse.wasm", try WASIClients.misuse())
    let result = try place.run(
      "run", "--timeout", "60s", "--net", "connect:127.0.0.1:*", "misuse.wasm", "--", "request-of-an-answers-fields", "127.0.0.1:\(peer.port)")
    #expect(result.output.contains("refused 255\n"), "\(result)")
    #expect(peer.heads.last == "POST / HTTP/1.1\r\nHost: 127.0.0.1:\(peer.port)\r\nConnection: close\r\nX-A: b\r\n\r\n")
  }

  /// gRPC's requests have to have it; whoever passes them on drops it.
  @Test func aRequestMayHaveTE() throws {
    let (place, peer) = (try Workplace(), try ScriptedPeer(Array((Self.ok + "Content-Length: 0\r\n\r\n").utf8)))
    defer { peer.end() }
    try place.write("misuse.wasm", try WASIClients.misuse())
    let result = try place.run(
      "run", "--timeout", "60s", "--net", "connect:127.0.0.1:*", "misuse.wasm", "--", "request-with-te", "127.0.0.1:\(peer.port)")
    #expect(result.status == 0, "\(result)")
    #expect(peer.heads == ["POST / HTTP/1.1\r\nHost: 127.0.0.1:\(peer.port)\r\nConnection: close, TE\r\nte: trailers\r\n\r\n"])
  }

  /// A coding with nothing in it is for methods that have content.
  @Test(arguments: [("GET", "0", false), ("HEAD", "0", false), ("GET", "5", true), ("POST", "0", true)])
  func anEmptyBodyIsNone(method: String, count: String, isChunked: Bool) throws {
    let (place, peer) = (try place(), try ScriptedPeer(Array((Self.ok + "Content-Length: 0\r\n\r\n").utf8)))
    defer { peer.end() }
    let result = try fetch(place, peer.port, "/", method, count)
    #expect(result.output.contains("status 200"), "\(result)")
    let coding = isChunked ? "Transfer-Encoding: chunked\r\n" : ""
    #expect(peer.heads == ["\(method) / HTTP/1.1\r\nHost: 127.0.0.1:\(peer.port)\r\nConnection: close\r\n\(coding)\r\n"])
  }

  // MARK: Programs that misuse it

  @Test(arguments: [
    "fields-dropped-twice", "fields-given-away", "request-sent-twice", "fields-for-a-request", "no-such-options", "endless-authority", "endless-method",
    "no-such-method", "path-that-is-no-text", "misaligned-result", "body-finished-twice", "trailers-that-are-none", "stream-read-after-drop",
    "body-finished-as-another", "fields-without-end",
  ]) func misuseIsATrap(what: String) throws {
    let result = try misuse(what)
    #expect(result.status == 134 && result.errors.contains("trap: "), "\(what): \(result)")
    #expect(!result.output.contains("not stopped"))
  }

  @Test(arguments: [
    ("body-read-after-everything-else-was-dropped", "read 1000\n"), ("stream-written-after-its-end", "written after the end 1\n"),
    // 35: HTTP-protocol-error, 17: HTTP-request-body-size.
    ("request-with-two-lengths", "refused 35\n"), ("request-without-its-body", "refused 17\n"),
  ]) func misuseIsRefused(what: String, said: String) throws {
    let result = try misuse(what)
    #expect(result.status == 0 && result.output.contains(said) && result.output.contains("not stopped"), "\(what): \(result)")
  }

  private func misuse(_ what: String) throws -> CofferCommand.Result {
    let (place, peer) = (try Workplace(), try ScriptedPeer(Array((Self.ok + "Content-Length: 5\r\n\r\nhello").utf8)))
    defer { peer.end() }
    try place.write("misuse.wasm", try WASIClients.misuse())
    return try place.run(
      "run", "--timeout", "60s", "--memory", "64MiB", "--net", "connect:127.0.0.1:*", "misuse.wasm", "--", what, "127.0.0.1:\(peer.port)")
  }

  // MARK: A component that is served

  /// It has the connections that rules name, and no others; on both machines.
  @Test(arguments: ["kvm", "process"]) func whatIsServedMakesRequests(machine: String) throws {
    let (place, peer) = (try Workplace(), try ScriptedPeer(Array((Self.ok + "Content-Length: 5\r\n\r\nhello").utf8), .stays))
    defer { peer.end() }
    try place.write("relay.wasm", try WASIClients.relay())
    let images = Self.imagesInFolders()
    let server = try ServedProgram(
      ["run", "--http", "0", "--machine", machine, "--net", "connect:127.0.0.1:\(peer.port)", "\(place.path)/relay.wasm"], in: place)
    try server.wait(for: "serving relay.wasm at http://127.0.0.1:")
    for _ in 0..<20 {
      #expect(try exchange(server.port, "GET /http/127.0.0.1:\(peer.port)/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").text.contains("hello"))
    }
    let posted = try exchange(
      server.port, "POST /http/localhost:\(peer.port)/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc").text
    #expect(posted.contains("HTTP-request-denied"), "\(posted)")
    let denied = try exchange(server.port, "GET /http/127.0.0.1:\(peer.port == 1 ? 2 : 1)/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").text
    #expect(denied.hasPrefix("HTTP/1.1 502 ") && denied.contains("HTTP-request-denied"), "\(denied)")
    #expect(peer.heads.count == 20)
    // However it ends, nothing of it lies in the folder for what is temporary.
    #expect(try server.end(SIGKILL) == 128 + SIGKILL)
    #expect(Self.imagesInFolders().isSubset(of: images))
  }

  private static func imagesInFolders() -> Set<String> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
    return Set(names.filter { $0.hasPrefix("coffer-") && FileManager.default.fileExists(atPath: "/tmp/\($0)/image") })
  }
}
