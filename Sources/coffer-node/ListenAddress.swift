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
  /// - Parameter listen: as it was said.
  init(cannotListen listen: String, _ error: IOError) {
    let reason = error.errnoCode == EADDRINUSE ? "another program listens there; stop it" : "this machine has no such address"
    self.init("cannot listen at \(listen): \(reason), or choose another address with --listen")
  }
}
