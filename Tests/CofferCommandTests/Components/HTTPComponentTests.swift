import Foundation
import Glibc
import LoopbackSockets
import Testing
import WASIClients

/// Components that answer HTTP requests, served by `coffer run --http`.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct HTTPComponentTests {
  private func served(_ options: String..., machine: String = "kvm") throws -> (place: Workplace, server: ServedProgram) {
    let place = try Workplace()
    try place.write("http.wasm", try WASIClients.http())
    let server = try ServedProgram(
      ["run", "--http", "0", "--machine", machine] + options + ["\(place.path)/http.wasm"], in: place)
    try server.wait(for: "serving http.wasm at http://127.0.0.1:")
    return (place, server)
  }

  /// Nearly every function of wasi:http/types, on either machine: what each is to do stands in Tests/Programs/wasi2/http.c.
  @Test(arguments: ["kvm", "process"]) func everyFunctionDoesWhatItShould(machine: String) throws {
    let (place, server) = try served(machine: machine)
    let answer = try exchange(
      server.port,
      "PURGE /report%20?a=b HTTP/1.1\r\nHost: example:1\r\nX-Twice: 1\r\nx-twice: 2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + "3\r\nabc\r\n0\r\nX-End: yes\r\n\r\n")
    #expect(answer.head.hasPrefix("HTTP/1.1 201 "), "\(answer)")
    #expect(answer.head.contains("X-Twice: 1\r\nX-Twice: 2"))
    // In chunks or whole, as the component comes to wait for something in its middle or not.
    let body = answer.chunks.isEmpty ? answer.body : answer.chunks.joined()
    for line in [
      "method PURGE", "path /report%20?a=b", "authority example:1", "header X-Twice: 1", "header x-twice: 2", "holds trailers", "trailer yes",
      "holds denied", "holds closed at the end",
    ] {
      #expect(body.contains(line), "\(line): \(body)")
    }
    #expect(!body.contains("FAILS"), "\(body)")
    #expect(body.split(separator: "\n").count { $0.hasPrefix("holds ") } == 39, "\(body)")
    try server.wait(for: "this goes to the log")
    #expect(try server.end(SIGTERM) == 0)
    withExtendedLifetime(place) {}
  }

  @Test func answersAreStreamedAndWholeAsTheyWereWritten() throws {
    let (place, server) = try served()
    #expect(try exchange(server.port, get("/")).body == "hello\n")
    #expect(try exchange(server.port, get("/slowly")).chunks.joined() == "tick\ntick\ntick\n")
    let early = try exchange(server.port, get("/early"))
    #expect(early.chunks == ["early"])
    #expect(early.body.hasSuffix("0\r\nx-end: yes\r\n\r\n"))
    #expect(try exchange(server.port, get("/empty")).head.hasPrefix("HTTP/1.1 204 "))
    // A body of many frames, and beyond what travels with a call's beginning.
    let text = String(repeating: "0123456789abcdef", count: 20_000)
    let echo = try exchange(
      server.port, "PUT /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
    #expect(echo.chunks.joined() == text)
    withExtendedLifetime(place) {}
  }

  /// A body that comes in pieces is not its end: the pollable of its trailers is for that.
  @Test func trailersAreThereWhenTheirPollableSaysSo() throws {
    let (place, server) = try served()
    let connection = try Loopback.connection(to: UInt16(server.port))
    defer { close(connection) }
    #expect(Loopback.send(Array("PUT /unread HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n".utf8), to: connection))
    for _ in 0..<6 {
      #expect(Loopback.send([UInt8](repeating: 0x78, count: 50_000), to: connection))
      usleep(200_000)
    }
    var (text, bytes) = ("", [UInt8](repeating: 0, count: 4096))
    while case let count = read(connection, &bytes, bytes.count), count > 0 { text += String(decoding: bytes[..<count], as: UTF8.self) }
    // In chunks, as they were written.
    #expect(text.contains("holds ") && text.contains("trailers when they were promised") && !text.contains("FAILS"), "\(text)")
    withExtendedLifetime(place) {}
  }

  @Test(arguments: [
    ("/nothing", "set no response"), ("/trap", "trapped"), ("/error", "HTTP-response-timeout"), ("/short", "did not finish"),
    ("/long", "did not finish"), ("/unfinished", "did not finish"), ("/headers", "more than 1000 header fields"),
  ])
  func whatIsNoAnswerIsSaid(path: String, reason: String) throws {
    let (place, server) = try served()
    let answer = try exchange(server.port, get(path))
    #expect(answer.head.hasPrefix("HTTP/1.1 502 "), "\(answer)")
    #expect(answer.body.contains(reason), "\(answer.body)")
    // The next one has a fresh instance.
    #expect(try exchange(server.port, get("/")).body == "hello\n")
    withExtendedLifetime(place) {}
  }

  /// An answer that has begun is not ended as if it were whole.
  @Test func anAnswerThatBreaksOffIsSeenToDoSo() throws {
    let (place, server) = try served()
    let answer = try exchange(server.port, get("/half"))
    // A front that comes to read only when all is over has sent nothing yet.
    if answer.head.hasPrefix("HTTP/1.1 200 ") {
      #expect(answer.body == "4\r\nhalf\r\n")
    } else {
      #expect(answer.head.hasPrefix("HTTP/1.1 502 "))
    }
    withExtendedLifetime(place) {}
  }

  @Test func anAnswerWithoutEndIsStoppedByItsLimits() throws {
    let (place, server) = try served("--output-limit", "1MiB", "--timeout", "20s")
    let answer = try exchange(server.port, get("/forever"))
    #expect(answer.head.hasPrefix("HTTP/1.1 200 ") || answer.head.hasPrefix("HTTP/1.1 502 "))
    #expect(answer.body.utf8.count < 4 << 20)
    #expect(!answer.body.hasSuffix("0\r\n\r\n"))
    withExtendedLifetime(place) {}
  }

  /// Callers that are slow, leave, or send what nobody can hold.
  @Test func hostileCallersAreRefused() throws {
    let (place, server) = try served()
    let many = (0..<100_000).map { "x\($0): 1\r\n" }.joined()
    #expect(try exchange(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n").head.hasPrefix("HTTP/1.1 431 "))
    let long = String(repeating: "x", count: 1 << 20)
    #expect(try exchange(server.port, "GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n").head.hasPrefix("HTTP/1.1 431 "))
    #expect(try exchange(server.port, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n").head.hasPrefix("HTTP/1.1 400 "))
    // Half of a body, and then only the end of the connection.
    _ = try exchange(server.port, "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", closes: true)
    #expect(try exchange(server.port, get("/")).body == "hello\n")
    withExtendedLifetime(place) {}
  }

  @Test func anImageIsServedAsItsComponentIs() throws {
    let place = try Workplace()
    try place.write("http.wasm", try WASIClients.http())
    try #require(try place.run("build", "http.wasm").status == 0)
    let refused = try place.run("run", "http.trustlet")
    #expect(refused.status == 125)
    #expect(refused.errors.contains("answers HTTP requests and is no command"))
    let server = try ServedProgram(["run", "--http", "127.0.0.1:0", "\(place.path)/http.trustlet"], in: place)
    try server.wait(for: "serving http.trustlet at http://127.0.0.1:")
    #expect(try exchange(server.port, get("/")).body == "hello\n")
  }

  @Test(arguments: [["--dir", "."], ["--invoke", "f()"], ["--stats"]])
  func whatServingDoesNotHaveIsRefused(option: [String]) throws {
    let place = try Workplace()
    try place.write("http.wasm", try WASIClients.http())
    let result = try CofferCommand.run(["run", "--http", "0"] + option + ["http.wasm"], in: place.path)
    #expect(result.status == 125)
    #expect(result.errors.contains("--http serves calls, and has no \(option[0])"), "\(result.errors)")
  }

  // MARK: Requests

  private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" }
}
