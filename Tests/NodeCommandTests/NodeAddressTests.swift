import Testing
import coffer_node

@Suite struct NodeAddressTests {
  @Test(arguments: ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080/", "HTTP://LOCALHOST:1//", "https://node.example", "https://10.0.0.1:8443"])
  func addresses(_ text: String) throws { #expect(try !NodeAddress(text).text.hasSuffix("/")) }

  @Test(arguments: [
    "", "localhost:8080", "ftp://localhost", "http://", "http:///x", "http://localhost/x", "http://localhost?x", "http://a@localhost", "http://local host",
    "http://node.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example:8080", "http://10.0.0.1", "http://0.0.0.0", "http://[::2]",
    "http://evil#localhost",
  ])
  func refused(_ text: String) { #expect(throws: CommandFailure.self) { try NodeAddress(text) } }

  @Test func aBrokersAddressIsCalledOne() {
    #expect { _ = try NodeAddress("banana", of: "broker") } throws: { "\($0)".contains("no address of a broker") && "\($0)".contains(":8085") }
  }

  /// The token of this machine's node is not given to another machine's.
  @Test func theFilesTokenStaysHere() throws {
    let options = try NodeOptions.parse(["--node", "https://node.example"])
    #expect { _ = try options.connection() } throws: { "\($0)".contains("--token") }
    #expect(try NodeOptions.parse(["--node", "https://node.example", "--token", "x"]).connection().token == "x")
  }
}
