import Glibc
import NIOCore

/// "127.0.0.1:8080", "[::1]:0", "localhost:8080".
struct ListenAddress: Equatable {
  var host: String
  var port: Int

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
    guard !host.isEmpty else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// As URLs have it.
  var shown: String { host.contains(":") ? "[\(host)]" : host }
}

extension CommandFailure {
  /// - Parameters:
  ///   - listen: as it was said.
  ///   - option: by which.
  init(cannotListen listen: String, option: String = "--listen", _ error: IOError) {
    let remedy = switch error.errnoCode {
    case EADDRINUSE: "another program listens there; stop it, or"
    case EADDRNOTAVAIL: "this machine has no such address;"
    case EACCES: "this user may not, since ports below 1024 are for root and for programs with CAP_NET_BIND_SERVICE;"
    default: "\(String(cString: strerror(error.errnoCode)));"
    }
    self.init("cannot listen at \(listen): \(remedy) choose another address with \(option)")
  }
}
