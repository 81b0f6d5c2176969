import Crypto
import EmbeddedBytes
import Foundation
import HTTPTypes
import Hummingbird

/// The dashboard: one page with its style and its script inside, which asks the node for everything else as any client does, with a token.
package enum DashboardPage {
  static var response: Response {
    var headers = NodeView.headers("text/html; charset=utf-8")
    headers[.contentSecurityPolicy] = policy
    headers[.referrerPolicy] = "no-referrer"
    headers[.crossOriginOpenerPolicy] = "same-origin"
    headers[.crossOriginResourcePolicy] = "same-origin"
    headers[.permissionsPolicy] = "camera=(), geolocation=(), microphone=()"
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: page)))
  }

  /// The page as it goes out.
  package static let page = text(DashboardFiles.page)
    .replacing("<link rel=\"stylesheet\" href=\"style.css\">", with: "<style>\(style)</style>")
    .replacing("<script src=\"script.js\"></script>", with: "<script>\(script)</script>")

  /// Nothing runs here but the one script and the one style, by their hashes; nothing is loaded, and nothing asked but the node itself.
  /// Text never becomes
  /// markup: whoever tried in the script would be refused by the browser (Trusted Types).
  package static let policy = [
    "default-src 'none'", "script-src '\(hash(script))'", "style-src '\(hash(style))'", "connect-src 'self'", "img-src data:",
    "base-uri 'none'",
    "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].joined(separator: "; ")

  private static let style = text(DashboardFiles.style)
  private static let script = text(DashboardFiles.script)

  private static func text(_ base64: StaticString) -> String {
    String(decoding: EmbeddedBytes.decoded(base64), as: UTF8.self)
  }

  private static func hash(_ text: String) -> String {
    "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
  }
}

extension HTTPField.Name {
  package static let referrerPolicy = named("referrer-policy")
  static let crossOriginOpenerPolicy = named("cross-origin-opener-policy")
  static let permissionsPolicy = named("permissions-policy")

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a header") }
    return name
  }
}
