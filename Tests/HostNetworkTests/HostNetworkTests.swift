import EdgeCalls
import Glibc
import HostNetwork
import NetworkRules
import Testing

@Suite struct HostNetworkTests {
  // MARK: Rules

  @Test func withoutRulesThereIsNothing() throws {
    let gate = try Gate([])
    for flags in 0..<4 as Range<UInt64> { #expect(gate.ask(.socket, argument: flags).error == EACCES) }
    #expect(gate.ask(.lookUp, Array("example.org".utf8)).error == EACCES)
    #expect(gate.ask(.connectByName, argument: 443, Array("example.org".utf8)).error == EACCES)
    #expect(gate.ask(.connectByName, argument: 443 | NetworkFlags.encrypted, Array("example.org".utf8)).error == EACCES)
    #expect(gate.ask(.given).value == 0)
  }

  /// Beside what the rule permits: other ports, other addresses, other hosts of the same network, its own services.
  @Test func addressesOutsideOfTheRulesAreDenied() throws {
    let (peer, other) = (try Peer(), try Peer())
    let gate = try Gate(["connect:127.0.0.1:\(peer.port)", "connect:127.1.0.0/16:*"])
    for (text, port) in [("127.0.0.1", other.port), ("127.0.0.2", peer.port), ("169.254.169.254", 80), ("10.0.0.1", peer.port), ("8.8.8.8", peer.port), ("127.0.0.1", 0)] {
      #expect(gate.ask(.connect, try gate.socket(), try Gate.address(text, port)).error == EACCES, "\(text):\(port)")
    }
    for text in ["::1", "::ffff:127.0.0.1", "::"] {
      #expect(gate.ask(.connect, try gate.socket(NetworkFlags.version6), try Gate.address(text, peer.port)).error == EACCES, "\(text)")
    }
    #expect(gate.ask(.connect, try gate.socket(), try Gate.address("127.0.0.1", peer.port)).error == EINPROGRESS)
    #expect(gate.ask(.socket, argument: NetworkFlags.datagrams).error == EACCES)
  }

  @Test func listeningNeedsARule() throws {
    let gate = try Gate(["connect:127.0.0.1:1", "listen:127.0.0.1:0"])
    let socket = try gate.socket()
    #expect(gate.ask(.bind, socket, try Gate.address("127.0.0.1", 8080)).error == EACCES)
    #expect(gate.ask(.bind, socket, try Gate.address("0.0.0.0", 8080)).error == EACCES)
    // Anywhere to connect from: but not to listen there.
    #expect(gate.ask(.bind, socket, try Gate.address("0.0.0.0", 0)).error == 0)
    #expect(gate.ask(.listen, socket, argument: 5).error == EACCES)
    // Without a place the system would choose one.
    #expect(gate.ask(.listen, try gate.socket(), argument: 5).error == EINVAL)
    let listening = try gate.socket()
    #expect(gate.ask(.bind, listening, try Gate.address("127.0.0.1", 0)).error == 0)
    #expect(gate.ask(.listen, listening, argument: 5).error == 0)
    #expect(gate.ask(.accept, listening).error == EAGAIN)
  }

  // MARK: Names

  /// Whoever answers for a permitted name cannot lead the program to what lies behind the host, at once or later.
  @Test func aNameThatLeadsInsideIsOfNoUse() throws {
    let peer = try Peer()
    let gate = try Gate(
      ["connect:example.org:\(peer.port)"],
      resolver: FixedResolver(["example.org": ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fe80::1", "::ffff:127.0.0.1", "8.8.8.8"]]))
    let lookup = gate.ask(.lookUp, Array("Example.ORG".utf8)).value
    try gate.wait(lookup)
    let told = gate.ask(.receive, lookup, wanted: 1000)
    #expect(told.bytes == (try Gate.address("8.8.8.8", 0)))
    #expect(gate.ask(.receive, lookup, wanted: 1000).bytes.isEmpty)
    #expect(gate.ask(.connect, try gate.socket(), try Gate.address("127.0.0.1", peer.port)).error == EACCES)
    let inside = try Gate(["connect:example.org:\(peer.port)"], resolver: FixedResolver(["example.org": ["127.0.0.1"]]))
    let connection = inside.ask(.connectByName, argument: UInt64(peer.port), Array("example.org".utf8)).value
    try inside.wait(connection)
    #expect(inside.ask(.finish, connection).error == EACCES)
    let other = inside.ask(.lookUp, Array("example.org".utf8)).value
    try inside.wait(other)
    #expect(inside.ask(.receive, other, wanted: 1000).error == EACCES)
  }

  /// An address is a name's only once the gate has resolved it.
  @Test func anAddressThatWasNotResolvedIsDenied() throws {
    let gate = try Gate(["connect:example.org:443"], resolver: FixedResolver(["example.org": ["8.8.8.8"]]))
    #expect(gate.ask(.connect, try gate.socket(), try Gate.address("8.8.8.8", 443)).error == EACCES)
    #expect(gate.ask(.connectByName, argument: 443, Array("8.8.8.8".utf8)).error == EACCES)
    #expect(gate.ask(.lookUp, Array("other.org".utf8)).error == EACCES)
    #expect(gate.ask(.connectByName, argument: 80, Array("example.org".utf8)).error == EACCES)
  }

  @Test(arguments: ["", ".", "a..b", "2130706433", "0x7f000001", "0XF0", "127.1", "exa mple.org", "example.org\0", String(repeating: "a", count: 300), "é.org"])
  func namesThatAreNone(_ name: String) throws {
    let gate = try Gate(["connect:*:*"])
    #expect(gate.ask(.lookUp, Array(name.utf8)).error == EINVAL)
    #expect(gate.ask(.connectByName, argument: 80, Array(name.utf8)).error == EINVAL)
  }

  @Test func aNameWithoutAnAddress() throws {
    let gate = try Gate(["connect:example.org:80"])
    let connection = gate.ask(.connectByName, argument: 80, Array("example.org".utf8)).value
    try gate.wait(connection)
    #expect(gate.ask(.finish, connection).error == ENOENT)
    #expect(gate.ask(.receive, connection, wanted: 10).error == ENOTCONN)
  }

  // MARK: Streams

  @Test func bytesGoBothWays() throws {
    let peer = try Peer()
    let gate = try Gate(["connect:localhost:\(peer.port)"], resolver: SystemResolver())
    let connection = gate.ask(.connectByName, argument: UInt64(peer.port), Array("localhost".utf8)).value
    let other = try peer.accepted()
    defer { close(other) }
    try gate.wait(connection)
    #expect(gate.ask(.finish, connection).error == 0)
    #expect(gate.ask(.receive, connection, wanted: 10).error == EAGAIN)
    #expect(gate.ask(.send, connection, Array("hello".utf8)).value == 5)
    var bytes = [UInt8](repeating: 0, count: 10)
    #expect(read(other, &bytes, 10) == 5)
    #expect(write(other, "back", 4) == 4)
    try gate.wait(connection)
    #expect(gate.ask(.receive, connection, argument: 1, wanted: 2).bytes == Array("ba".utf8))
    #expect(gate.ask(.receive, connection, wanted: 10).bytes == Array("back".utf8))
    // A peer that has said its end can still be written to.
    shutdown(other, Int32(SHUT_WR))
    try gate.wait(connection)
    let end = gate.ask(.receive, connection, wanted: 10)
    #expect(end.error == 0 && end.bytes.isEmpty)
    #expect(gate.ask(.send, connection, Array("late".utf8)).value == 4)
    #expect(gate.ask(.shutdown, connection, argument: 1).error == 0)
    #expect(gate.ask(.send, connection, Array("later".utf8)).error == EPIPE)
  }

  /// A peer that never reads fills what the system keeps, and the program is told to wait: nothing is kept here.
  @Test func aPeerThatNeverReads() throws {
    let peer = try Peer()
    let gate = try Gate(["connect:127.0.0.1:\(peer.port)"])
    let socket = try gate.socket()
    #expect(gate.ask(.connect, socket, try Gate.address("127.0.0.1", peer.port)).error == EINPROGRESS)
    let other = try peer.accepted()
    defer { close(other) }
    try gate.wait(socket, writable: true)
    let piece = [UInt8](repeating: 7, count: 1 << 20)
    var (sent, error): (UInt64, Int32) = (0, 0)
    for _ in 0..<256 where error == 0 {
      let answer = gate.ask(.send, socket, piece)
      (sent, error) = (sent + answer.value, answer.error)
    }
    #expect(error == EAGAIN && sent > 0)
  }

  @Test func listenersOfTheRulesAreGivenOnce() throws {
    let port = try Peer(listens: false).port
    let gate = try Gate(["connect:127.0.0.1:\(port)", "listen:127.0.0.1:\(port)", "listen:127.0.0.1:8000-8010"])
    #expect(gate.ask(.given).value == 1)
    #expect(gate.ask(.given).value == 1)
    let client = try gate.socket()
    #expect(client == 1)
    #expect(gate.ask(.connect, client, try Gate.address("127.0.0.1", port)).error == EINPROGRESS)
    try gate.wait(0)
    let accepted = gate.ask(.accept, 0)
    #expect(accepted.error == 0 && accepted.value == 2)
    #expect(Gate.port(gate.ask(.address, 2, argument: 0, wanted: 28).bytes) == port)
    #expect(gate.ask(.receive, 0, wanted: 5).error == ENOTCONN)
    #expect(gate.ask(.send, 0, [1]).error == ENOTCONN)
  }

  /// A module that has used operations itself, and then a descriptor.
  @Test func whoHasMadeSocketsIsGivenNone() throws {
    let gate = try Gate(["listen:127.0.0.1:0"])
    #expect(try gate.socket() == 0)
    let given = gate.ask(.given)
    #expect(given.error == 0 && given.value == 0)
    #expect(try gate.socket() == 1)
  }

  @Test func aPlaceThatIsTakenIsSaid() throws {
    let taken = try Peer()
    let gate = try Gate(["listen:127.0.0.1:\(taken.port)"])
    #expect(gate.ask(.given).error == EADDRINUSE)
    #expect(gate.network.complaints.first?.contains("listen:127.0.0.1:\(taken.port)") == true)
  }

  // MARK: Datagrams

  @Test func strangersAreNotHeard() throws {
    let (friend, stranger) = (try Peer(datagrams: true), try Peer(datagrams: true))
    let gate = try Gate(["udp:127.0.0.1:\(friend.port)"])
    let socket = try gate.socket(NetworkFlags.datagrams)
    #expect(gate.ask(.bind, socket, try Gate.address("127.0.0.1", 0)).error == 0)
    let port = Gate.port(gate.ask(.address, socket, wanted: 28).bytes)
    stranger.send("stranger", to: port)
    friend.send("friend", to: port)
    try gate.wait(socket)
    let answer = gate.ask(.receive, socket, wanted: 1000)
    #expect(answer.bytes == (try Gate.address("127.0.0.1", friend.port)) + Array("friend".utf8))
    #expect(gate.ask(.receive, socket, wanted: 1000).error == EAGAIN)
    #expect(gate.ask(.send, socket, try Gate.address("127.0.0.1", stranger.port) + [1]).error == EACCES)
    #expect(gate.ask(.send, socket, try Gate.address("127.0.0.1", friend.port) + [1]).value == 29)
    #expect(gate.ask(.send, socket, [UInt8](repeating: 0, count: 28) + [1]).error == EDESTADDRREQ)
  }

  @Test func whoWasHeardMayBeAnswered() throws {
    let (one, other) = (try Peer(datagrams: true), try Peer(datagrams: true))
    let gate = try Gate(["udp-listen:127.0.0.1:0"])
    let socket = try gate.socket(NetworkFlags.datagrams)
    #expect(gate.ask(.bind, socket, try Gate.address("127.0.0.1", 0)).error == 0)
    #expect(gate.ask(.send, socket, try Gate.address("127.0.0.1", one.port) + [1]).error == EACCES)
    one.send("question", to: Gate.port(gate.ask(.address, socket, wanted: 28).bytes))
    try gate.wait(socket)
    #expect(gate.ask(.receive, socket, wanted: 1000).error == 0)
    #expect(gate.ask(.send, socket, try Gate.address("127.0.0.1", one.port) + [1]).error == 0)
    #expect(gate.ask(.send, socket, try Gate.address("127.0.0.1", other.port) + [1]).error == EACCES)
    #expect(gate.ask(.connect, socket, try Gate.address("127.0.0.1", other.port)).error == EACCES)
  }

  // MARK: Limits

  @Test func thousandsOfSockets() throws {
    let gate = try Gate(["connect:127.0.0.1:1"], socketLimit: 20)
    let made = (0..<5000).map { _ in gate.ask(.socket) }
    #expect(made.filter { $0.error == 0 }.map(\.value) == Array(0..<20))
    #expect(made.filter { $0.error == EMFILE }.count == 4980)
    #expect(gate.ask(.close, 7).error == 0)
    #expect(gate.ask(.close, 7).error == EBADF)
    #expect(gate.ask(.socket).value == 7)
  }

  /// Whoever gives up lookups whose answers do not come does not get threads without end.
  @Test func lookupsThatNobodyAnswers() throws {
    let gate = try Gate(["connect:*:*"], resolver: FixedResolver([:], wait: { usleep(2_000_000) }))
    var refused = 0
    for _ in 0..<200 {
      let answer = gate.ask(.lookUp, Array("example.org".utf8))
      if answer.error == 0 { #expect(gate.ask(.close, answer.value).error == 0) } else { refused += answer.error == EMFILE ? 1 : 0 }
    }
    #expect(refused >= 200 - 2 * 32)
  }

  // MARK: Hostile requests

  /// Operations, handles, lengths and bytes by chance: an answer each, within what was wanted.
  @Test func anythingIsAnswered() throws {
    let peer = try Peer()
    let gate = try Gate(
      ["connect:127.0.0.1:\(peer.port)", "udp:127.0.0.1:\(peer.port)", "listen:127.0.0.1:0", "udp-listen:127.0.0.1:0"], socketLimit: 16)
    var random = SystemRandomNumberGenerator()
    let place = try Gate.address("127.0.0.1", peer.port)
    for _ in 0..<50_000 {
      guard let operation = NetworkOperation(rawValue: UInt32.random(in: 1...17, using: &random)) else { continue }
      if operation == .lookUp || operation == .connectByName { continue }
      let handle: UInt64 = Bool.random() ? UInt64.random(in: 0..<20) : [UInt64.max, 1 << 32, 1 << 63].randomElement() ?? 0
      let argument: UInt64 = Bool.random() ? UInt64.random(in: 0..<9) : UInt64.random(in: 0...UInt64.max)
      var payload = Bool.random() ? place : (0..<Int.random(in: 0..<64)).map { _ in UInt8.random(in: 0...255) }
      if Bool.random(), !payload.isEmpty { payload[Int.random(in: 0..<payload.count)] = UInt8.random(in: 0...255) }
      _ = gate.ask(operation, handle, argument: argument, payload, wanted: Int.random(in: 0..<100))
    }
  }
}

/// Connections that are passed on, as a front makes them for its monitor processes.
struct ConnectionForOthersTests {
  @Test func theRulesHoldForThemToo() throws {
    let peer = try Peer()
    let gate = try Gate(["connect:127.0.0.1:\(peer.port)"], resolver: FixedResolver(["example.org": ["127.0.0.1"]]))
    func ask(_ name: String, _ port: UInt16, isEncrypted: Bool = false) -> Int32 {
      gate.network.connection(to: Array(name.utf8), port: port, isEncrypted: isEncrypted)
    }
    let made = ask("127.0.0.1", peer.port)
    #expect(made >= 0)
    close(made)
    for name in ["127.0.0.2", "[127.0.0.1]", "::1", "::ffff:127.0.0.1", "localhost", "example.org", "0.0.0.0", "2130706433", "127.1"] {
      #expect(ask(name, peer.port) < 0, "\(name)")
    }
    #expect(ask("127.0.0.1", peer.port, isEncrypted: true) == -EACCES)
    #expect(ask("127.0.0.1", 0) == -EINVAL && ask("", peer.port) == -EINVAL && ask(String(repeating: "a", count: 256), peer.port) == -EINVAL)
    #expect(ask("127.0.0.1\0", peer.port) == -EINVAL)
  }
}
