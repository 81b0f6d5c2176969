import Gateway
import Testing

struct FunctionAddressTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var target: String
    var host: String?
    var expected: [String]?
    var testDescription: String { "\(target) \(host ?? "-")" }
  }

  static let rows: [Row] = [
    Row(target: "/f/hello", host: "localhost:8080", expected: ["hello", "/f/hello", "", ""]),
    Row(target: "/f/hello/", host: nil, expected: ["hello", "/f/hello", "/", ""]),
    Row(target: "/f/hello/a/b?c=d?e", host: "127.0.0.1", expected: ["hello", "/f/hello", "/a/b", "c=d?e"]),
    Row(target: "/f/hello?x", host: nil, expected: ["hello", "/f/hello", "", "x"]),
    Row(target: "/f/hello/%41%2f%c3%a9?%41", host: nil, expected: ["hello", "/f/hello", "/A/é", "%41"]),
    Row(target: "/a?b", host: "hello.localhost:8080", expected: ["hello", "", "/a", "b"]),
    Row(target: "/", host: "HELLO.LocalHost", expected: ["hello", "", "/", ""]),
    Row(target: "/f/other", host: "hello.localhost", expected: ["hello", "", "/f/other", ""]),
    Row(target: "http://hello.localhost:8080/a?b", host: "elsewhere", expected: ["hello", "", "/a", "b"]),
    Row(target: "http://127.0.0.1", host: nil, expected: nil),
    Row(target: "/", host: "localhost", expected: nil),
    Row(target: "/", host: "[::1]:8080", expected: nil),
    Row(target: "/", host: ".localhost", expected: nil),
    Row(target: "/f", host: nil, expected: nil),
    Row(target: "/v1/functions", host: "localhost", expected: nil),
    Row(target: "*", host: nil, expected: nil),
    Row(target: "", host: nil, expected: nil),
  ]

  @Test(arguments: rows) func aTargetLeadsToAFunction(_ row: Row) throws {
    let found = try FunctionAddress(target: row.target, host: row.host)
    #expect(found.map { [$0.function, $0.scriptName, $0.pathInfo, $0.query] } == row.expected)
  }

  /// What a target says of the host counts, and not the field (RFC 9112, 3.2.2).
  @Test(arguments: [
    ("http://hello.localhost:8080/a", "elsewhere", "hello.localhost:8080"),
    ("HTTPS://hello.localhost/a", nil, "hello.localhost"), ("/f/a", "b:1", "b:1"), ("http://127.0.0.1/f/a", nil, "127.0.0.1"), ("/f/a", nil, ""),
  ] as [(String, String?, String)]) func whomARequestAsks(target: String, host: String?, authority: String) throws {
    #expect(try FunctionAddress(target: target, host: host)?.authority == authority)
  }

  @Test(arguments: ["/f/a/%", "/f/a/%4", "/f/a/%zz", "/f/a/%00", "/f/a/%ff", "/f/a/%c3%28"]) func aPathThatCannotBeDecodedIsNone(_ target: String) {
    #expect(throws: FunctionAddress.Failure.path) { try FunctionAddress(target: target, host: nil) }
  }
}
