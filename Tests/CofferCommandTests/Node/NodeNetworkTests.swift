import Foundation
import Glibc
import Testing
import WASIClients

/// What a node's functions can reach: what their manifests and the node's operator both permit. All of it on loopback.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding), .serialized)
struct NodeNetworkTests {
  private static let hello = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8)

  /// A node, and the ways to it.
  private final class Scene {
    let place: Workplace
    private(set) var node: ServedProgram

    init(_ options: [String]) throws {
      place = try Workplace()
      node = try Self.start(options, place)
      try place.write("relay.wasm", try WASIClients.relay())
      try place.write("dial.wasm", try WASIClients.dial())
    }

    private static func start(_ options: [String], _ place: Workplace) throws -> ServedProgram {
      let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/node"] + options, in: place)
      try node.wait(for: "the dashboard is at")
      return node
    }

    func restart(_ options: [String]) throws {
      #expect(try node.end(SIGTERM) == 0, "\(node.said)")
      node = try Self.start(options, place)
    }

    func run(_ words: String...) throws -> CofferCommand.Result {
      try CofferCommand.run(words, in: place.path, environment: ["COFFER_NODE": "http://127.0.0.1:\(node.port)", "COFFER_DATA": "\(place.path)/node"])
    }

    func deploy(_ name: String, network: String) throws -> CofferCommand.Result {
      try place.write("coffer.yaml", Array("network: [\(network)]\n".utf8))
      return try run("deploy", name, "\(name.prefix { $0 != "-" }).wasm", "--manifest", "coffer.yaml")
    }

    func deployed(_ name: String, network: String) throws {
      let result = try deploy(name, network: network)
      try #require(result.status == 0, "\(result.errors)")
    }

    /// Until the line is there: what happens in a node is told a little later.
    func logSays(_ name: String, _ text: String) throws -> Bool {
      for _ in 0..<3000 {
        if try run("logs", name).output.contains(text) { return true }
        usleep(20_000)
      }
      return false
    }
  }

  @Test(arguments: ["kvm", "process"]) func connectionsAreMadeByBothsRules(machine: String) throws {
    let (peer, other) = (try ScriptedPeer(Self.hello, .stays), try ScriptedPeer(Self.hello, .stays))
    defer { for peer in [peer, other] { peer.end() } }
    let scene = try Scene(["--machine", machine, "--net", "connect:127.0.0.1:\(peer.port)"])
    try scene.deployed("relay", network: "\"connect:127.0.0.1:\(peer.port)\"")
    for _ in 0..<10 {
      let answer = try scene.run("invoke", "relay", "/http/127.0.0.1:\(peer.port)/x")
      #expect(answer.output.contains("hello"), "\(answer) \(scene.node.said)")
    }
    // Not what neither permits, and not the node's own management.
    for port in [Int(other.port), scene.node.port] {
      let denied = try scene.run("invoke", "relay", "/http/127.0.0.1:\(port)/x")
      #expect(denied.status != 0 && "\(denied)".contains("HTTP-request-denied"), "\(denied)")
      #expect(try scene.logSays("relay", "the manifest does not permit it; the rule would be connect:127.0.0.1:\(port)"))
    }
    // What a client of wasi:sockets has: names, connections, its own and the other's address; no options, no datagrams, nobody's calls.
    try scene.deployed("dial", network: "\"connect:127.0.0.1:\(peer.port)\"")
    let dialled = try scene.run("invoke", "dial", "--data", "127.0.0.1 \(peer.port)")
    #expect(dialled.output.hasPrefix("from 127: 1\nto its port: 1\noption 102\nHTTP/1.1 200 OK"), "\(dialled)")
    #expect(try scene.run("invoke", "dial", "--data", "127.0.0.1 \(other.port)").output.hasPrefix("not connected: 1\n"))
    #expect(try scene.run("invoke", "dial", "--data", "localhost \(peer.port)").output.hasPrefix("no address: 1\n"))
    #expect(try scene.run("invoke", "dial", "--data", "x 0").output == "udp 101\nbind to any port 0\nlisten 101\nbind to a port 101\n")
    #expect(other.heads.isEmpty)
  }

  /// Of what the operator does not name, nothing is reached, whatever the image says; a deployment is told so at once.
  @Test func withoutTheOperatorsWordThereIsNothing() throws {
    let peer = try ScriptedPeer(Self.hello, .stays)
    defer { peer.end() }
    let rule = "connect:127.0.0.1:\(peer.port)"
    let scene = try Scene(["--net", rule, "--net", "acme=https://example.org"])
    try scene.deployed("relay", network: "\"\(rule)\"")
    for (network, words) in [
      ("\"connect:127.0.0.1:1\"", "connect to \(rule): ask for it (coffer serve --net connect:127.0.0.1:1)"), ("\"https://example.org\"", "ask for it"),
      ("\"listen:127.0.0.1:80\"", "only connect"), ("\"udp:127.0.0.1:53\"", "only connect"),
    ] {
      let refused = try scene.deploy("relay-two", network: network)
      #expect(refused.status != 0 && refused.errors.contains(words) && refused.errors.contains("network: found"), "\(network): \(refused)")
    }
    // Everything public: loopback is not, nor is what lies behind the host.
    for options in [["--net", "connect:*:*", "--net", "tls:*:*"], []] {
      try scene.restart(options)
      let denied = try scene.run("invoke", "relay", "/http/127.0.0.1:\(peer.port)/x")
      #expect(denied.status != 0 && "\(denied)".contains("HTTP-request-denied"), "\(options): \(denied)")
    }
    #expect(peer.heads.isEmpty)
    let tenants = try scene.run("tenants", "add", "acme")
    #expect(tenants.status == 0, "\(tenants)")
  }

  /// One function does not take all that there are, and what was taken comes back when its instance ends.
  @Test func connectionsAreCounted() throws {
    let peers = [try ScriptedPeer([], .stays), try ScriptedPeer([], .stays)]
    defer { for peer in peers { peer.end() } }
    let scene = try Scene(["--net", "connect:127.0.0.1:*", "--function-connections", "2"])
    try scene.deployed("dial", network: "\"connect:127.0.0.1:*\"")
    func call(_ peer: ScriptedPeer) throws -> Int32 {
      let body = "127.0.0.1 \(peer.port)"
      return try connection(to: scene.node.port, saying: "POST /f/dial HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    // Each holds its connection, to a peer that never answers.
    let held = try peers.map(call)
    for _ in 0..<1500 where peers.contains(where: { $0.heads.isEmpty }) { usleep(20_000) }
    try #require(peers.allSatisfy { $0.heads.count == 1 })
    let refused = try scene.run("invoke", "dial", "--data", "127.0.0.1 \(peers[0].port)")
    #expect(refused.output == "not connected: 10\n", "\(refused)")
    #expect(try scene.logSays("dial", "the function has 2, which is the node's limit for one (coffer serve --function-connections)"))
    // Their callers go, and with them the instances.
    for descriptor in held { close(descriptor) }
    for _ in 0..<500 where peers[0].heads.count == 1 {
      let waiting = try call(peers[0])
      usleep(60_000)
      close(waiting)
    }
    #expect(peers[0].heads.count > 1)
  }

  /// `coffer run --http`: whoever runs it is its operator.
  @Test(arguments: ["kvm", "process"]) func whatIsServedAloneHasSocketsToo(machine: String) throws {
    let (place, peer) = (try Workplace(), try ScriptedPeer(Self.hello, .closes))
    defer { peer.end() }
    try place.write("dial.wasm", try WASIClients.dial())
    let server = try ServedProgram(["run", "--http", "0", "--machine", machine, "--net", "connect:127.0.0.1:\(peer.port)", "\(place.path)/dial.wasm"], in: place)
    try server.wait(for: "serving dial.wasm at http://127.0.0.1:")
    for (body, words) in [("127.0.0.1 \(peer.port)", "from 127: 1\nto its port: 1\noption 102\n"), ("127.0.0.1 1", "not connected: 1"), ("x 0", "udp 101")] {
      let answer = try exchange(server.port, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      #expect(answer.content.contains(words), "\(body): \(answer.text) \(server.said)")
    }
  }

  /// Nonsense is said at the start.
  @Test(arguments: [
    (["--net", "listen:127.0.0.1:80"], "is for no function"), (["--net", "nonsense"], "begins with none of"), (["--net", "=https://example.org"], "names no tenant"),
    (["--ca", "/nonexistent"], "--ca /nonexistent"), (["--net", "connect:*:*", "--tenant-connections", "0"], "found 0"),
  ]) func rulesThatAreNoneAreRefused(options: [String], words: String) throws {
    let place = try Workplace()
    let result = try CofferCommand.run(["serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/node"] + options, in: place.path)
    #expect(result.status != 0 && result.errors.contains(words), "\(result)")
  }
}
