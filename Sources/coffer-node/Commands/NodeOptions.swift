import ArgumentParser
import FunctionStore
import Glibc

/// Which node a command speaks to, and as whom.
package struct NodeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The node; by default COFFER_NODE, or http://127.0.0.1:8080.", valueName: "url"))
  var node: String?

  @Option(help: ArgumentHelp("A token of the node; by default COFFER_TOKEN, or the administrator's in the data directory of a node on this machine."))
  var token: String?

  @Option(name: .customLong("node-data"), help: ArgumentHelp("The data directory of a node on this machine, for its token.", valueName: "dir"), completion: .directory)
  var directory: String?

  package init() {}

  func address() throws -> NodeAddress { try NodeAddress(node ?? Self.variable("COFFER_NODE") ?? "http://127.0.0.1:8080") }

  package func connection() throws -> NodeConnection {
    let address = try address()
    let token = try token ?? Self.variable("COFFER_TOKEN") ?? fileToken(address)
    // Not shown: it may be a token with a line's end behind it.
    guard token?.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ?? true else {
      throw CommandFailure("the token has bytes that no token has, spaces or ends of lines perhaps; give it as the node printed it")
    }
    return NodeConnection(address: address, token: token)
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }

  /// The administrator's token is for the node that it lies with: it never goes to another machine by itself.
  private func fileToken(_ address: NodeAddress) throws -> String? {
    guard address.isLoopback || directory != nil else {
      throw CommandFailure("\(address) is not on this machine, so that it needs a token of its own: give --token or COFFER_TOKEN")
    }
    let path = StandardDirectory.adminToken(in: directory ?? StandardDirectory.path())
    guard let file = fopen(path, "r") else {
      guard errno != ENOENT else { return nil }
      throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno))); give another token with --token or COFFER_TOKEN")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = fread(&bytes, 1, bytes.count, file)
    let text = String(decoding: bytes[..<count].prefix { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    guard !text.isEmpty else { throw CommandFailure("\(path) holds no token; remove it, and start the node again to have a new one") }
    return text
  }
}

/// A node's address.
package struct NodeAddress: CustomStringConvertible {
  /// Without a slash at the end.
  package let text: String
  let isLoopback: Bool

  /// - Parameter service: whose, for messages.
  package init(_ text: String, of service: String = "node") throws {
    let example = service == "broker" ? "http://127.0.0.1:8085" : "http://127.0.0.1:8080"
    var rest = Substring(text)
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    let isPlain = rest.lowercased().hasPrefix("http://")
    guard isPlain || rest.lowercased().hasPrefix("https://"), let start = rest.firstRange(of: "://")?.upperBound else {
      throw CommandFailure("'\(Terminal.plain(text))' is no address of a \(service); expected one as \(example)")
    }
    let authority = rest[start...]
    guard !authority.isEmpty, authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !authority.contains(where: { "/?#@".contains($0) }) else {
      throw CommandFailure("'\(Terminal.plain(text))' is no address of a \(service); expected a host and perhaps a port, as \(example)")
    }
    let host = authority.hasPrefix("[") ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
    isLoopback = ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
    guard isLoopback || !isPlain else {
      throw CommandFailure(
        "\(Terminal.plain(text)) is on another machine and not encrypted: who is between could take the token; use https://, or a tunnel to loopback")
    }
    self.text = String(rest)
  }

  package var description: String { text }

  /// The host and the port of an address with https.
  func tlsEndpoint() throws -> (host: String, port: Int) {
    let start = "https://"
    guard text.lowercased().hasPrefix(start) else {
      throw CommandFailure("\(text) is no address of attested channels: expected one as https://127.0.0.1:8443, where coffer serve --attested listens; give it with --node")
    }
    let authority = text.dropFirst(start.count)
    guard let place = ListenAddress(authority.contains(":") && !authority.hasSuffix("]") ? String(authority) : "\(authority):443") else {
      throw CommandFailure("\(text): expected a host and perhaps a port")
    }
    return (place.host, place.port)
  }
}
