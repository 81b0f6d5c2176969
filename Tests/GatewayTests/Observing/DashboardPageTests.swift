import Crypto
import Foundation
import Gateway
import Hummingbird
import HummingbirdTesting
import Testing

struct DashboardPageTests {
  private func inside(_ tag: String) throws -> String {
    let page = DashboardPage.page
    let start = try #require(page.range(of: "<\(tag)>")?.upperBound)
    let end = try #require(page.range(of: "</\(tag)>", range: start..<page.endIndex)?.lowerBound)
    return String(page[start..<end])
  }

  @Test func needsNothingFromAnywhereElse() throws {
    let page = DashboardPage.page
    #expect(!page.contains("src="))
    #expect(!page.contains("rel=\"stylesheet\""))
    #expect(!page.contains("@import"))
    #expect(!page.contains("url("))
    // Namespaces of SVG are names, not addresses that anything is loaded from.
    let addresses = page.matches(of: /https?:\/\/[^"' ]+/).map { String($0.output) }
    #expect(addresses.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(addresses)")
  }

  @Test func itsPolicyAllowsItsOwnScriptAndStyleByTheirHashesAndNothingElse() throws {
    let hash = { (text: String) in "'sha256-\(Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString())'" }
    let directives = DashboardPage.policy.components(separatedBy: "; ")
    #expect(directives.contains("script-src \(hash(try inside("script")))"))
    #expect(directives.contains("style-src \(hash(try inside("style")))"))
    for directive in [
      "default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
      "require-trusted-types-for 'script'", "trusted-types 'none'",
    ] {
      #expect(directives.contains(directive))
    }
    #expect(!DashboardPage.policy.contains("unsafe"))
  }

  @Test func nothingInTheScriptMakesMarkupOrCodeOfText() throws {
    let script = try inside("script")
    for word in [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "srcdoc",
      "createContextualFragment", "javascript:",
    ] {
      #expect(!script.contains(word), "\(word)")
    }
    #expect(!DashboardPage.page.contains(/\son[a-z]+=/), "no handler in markup")
    #expect(!DashboardPage.page.contains(/\sstyle=/))
  }

  @Test func isThereForEveryoneAndCannotBeFramedOrTakenForAnythingElse() async throws {
    try await Application(router: FakeGateway(FakeNode(functions: [])).router()).test(.router) { client in
      let answer = try await client.execute(uri: "/", method: .get)
      #expect(answer.status == .ok)
      #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
      #expect(answer.headers[.contentSecurityPolicy] == DashboardPage.policy)
      #expect(answer.headers[.xContentTypeOptions] == "nosniff")
      #expect(answer.headers[.referrerPolicy] == "no-referrer")
      #expect(String(buffer: answer.body) == DashboardPage.page)
      #expect(answer.body.readableBytes < 96 << 10)
    }
  }
}
