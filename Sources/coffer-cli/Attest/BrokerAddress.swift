import Foundation

/// Where a key broker is.
struct BrokerAddress: Equatable, Sendable {
  let url: URL

  /// Without TLS only to this machine: evidence names what runs here, and a stranger's answers cost time.
  @Sendable static func parse(_ text: String) throws -> BrokerAddress {
    guard let url = URL(string: text), let scheme = url.scheme, let host = url.host(), !host.isEmpty, url.query() == nil, url.fragment() == nil, url.user() == nil
    else { throw CommandFailure("expected a URL such as https://broker.example:8090") }
    switch scheme {
    case "https": break
    case "http":
      guard ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host) else {
        throw CommandFailure("http is for this machine alone, and '\(host)' is another: use https")
      }
    default: throw CommandFailure("expected https or http, found '\(scheme)'")
    }
    return BrokerAddress(url: url)
  }

  var shown: String { url.absoluteString }
}
