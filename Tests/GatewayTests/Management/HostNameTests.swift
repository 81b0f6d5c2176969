import Gateway
import Hummingbird
import Testing

/// A page of somebody else's name that was led here cannot ask anything.
@Suite struct HostNameTests {
  private func refusal(_ authority: String?, _ names: [String] = []) -> Int? {
    let request = Request(head: .init(method: .get, scheme: "http", authority: authority, path: "/v1/node"), body: .init(buffer: .init()))
    do {
      try HostNames(names).check(request)
      return nil
    } catch {
      return error.status.code
    }
  }

  @Test(arguments: ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080"])
  func loopback(_ authority: String) { #expect(refusal(authority) == nil) }

  @Test(arguments: [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "evil.example:localhost", "0.0.0.0", "[::2]", "[::1", "127.0.0.2",
    "hello.localhost",
  ])
  func others(_ authority: String) { #expect(refusal(authority) == 421) }

  @Test func noName() {
    #expect(refusal(nil) == 400)
    #expect(refusal("") == 400)
  }

  @Test func namesThatAreGiven() {
    #expect(refusal("node.example:443", ["Node.Example"]) == nil)
    #expect(refusal("other.example", ["node.example"]) == 421)
  }
}
