import CLinux
import FunctionCalls
import FunctionDispatch
import Glibc
import LoopbackSockets
import NetworkRules
import Synchronization
import Testing
import coffer_node

/// The front's side of connections, asked as a monitor process asks it, or as one that was taken over.
@Suite struct ConnectionErrandsTests {
  /// Serves one revision, of number 3.
  private final class Asker: ConnectionAsking {
    let rules: NetworkRules
    let tenant: String
    let notes = Mutex<[String]>([])
    init(_ rules: [String], tenant: String) throws { (self.rules, self.tenant) = (NetworkRules(try rules.map { try NetworkRule($0) }), tenant) }
    func grant(revision: UInt32) -> ConnectionGrant? {
      revision == 3 ? ConnectionGrant(tenant: tenant, function: "f", measurement: "m", rules: rules) : nil
    }
    func note(_ text: String, _ grant: ConnectionGrant) { notes.withLock { $0.append(text) } }
  }

  private final class Process {
    let socket: Int32
    let asker: Asker

    convenience init(allowed: [String], rules: [String], _ limits: ConnectionCounts.Limits = ConnectionCounts.Limits()) throws {
      try self.init(ConnectionErrands(try TenantNetworkRules(allowed), nil, limits), rules: rules)
    }

    init(_ errands: ConnectionErrands, rules: [String], tenant: String = "acme") throws {
      var ends: (Int32, Int32) = (-1, -1)
      try #require(withUnsafeMutableBytes(of: &ends) { coffer_packet_ends($0.bindMemory(to: Int32.self).baseAddress) } == 0)
      asker = try Asker(rules, tenant: tenant)
      errands.serve(ends.0, for: asker)
      socket = ends.1
    }

    deinit { close(socket) }

    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { coffer_send_with_descriptor(socket, $0.baseAddress, $0.count, -1) } }

    /// - Returns: nil at the end. A descriptor is the caller's.
    func next() -> (answer: ConnectionAnswer, descriptor: Int32)? {
      var (space, descriptor) = ([UInt8](repeating: 0, count: 1000), Int32(-1))
      var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, 60_000) == 1 else { return nil }
      let count = space.withUnsafeMutableBytes { coffer_socket_receive(socket, $0.baseAddress, $0.count, 0, &descriptor) }
      return count > 0 ? ConnectionAnswer(Array(space[..<count])).map { ($0, descriptor) } : nil
    }

    func ask(_ name: String, _ port: UInt16, number: UInt32 = 1, revision: UInt32 = 3, _ kind: ConnectionRequest.Kind = .connect) -> (answer: ConnectionAnswer, descriptor: Int32)? {
      send(ConnectionRequest(kind, number: number, revision: revision, port: port, name: Array(name.utf8)).bytes)
      return next()
    }
  }

  @Test func bothHaveToPermitIt() throws {
    let (listener, port) = try Loopback.socket(listens: 64)
    defer { close(listener) }
    let rule = "connect:127.0.0.1:\(port)"
    for (allowed, rules, error) in [
      ([rule], [rule], 0), (["acme=\(rule)"], [rule], 0), (["other=\(rule)"], [rule], EACCES), ([], [rule], EACCES), ([rule], [], EACCES), (["connect:*:*"], [rule], EACCES),
      ([rule], ["connect:*:*"], EACCES), (["connect:127.0.0.0/8:*"], ["connect:127.0.0.1:*"], 0), (["connect:localhost:*"], ["connect:localhost:*"], EACCES),
    ] {
      let process = try Process(allowed: allowed, rules: rules)
      let found = try #require(process.ask("127.0.0.1", port))
      #expect(found.answer.error == UInt32(error) && (found.descriptor >= 0) == (error == 0), "\(allowed) \(rules)")
      if found.descriptor >= 0 {
        close(found.descriptor)
        #expect(found.answer.places.last == .init(address: [127, 0, 0, 1], port: port))
      }
    }
    let local = try Process(allowed: ["connect:localhost:*"], rules: ["connect:localhost:*"])
    let found = try #require(local.ask("localhost", port))
    #expect(found.answer.error == 0)
    close(found.descriptor)
    #expect(try #require(local.ask("localhost", 0, .lookUp)).answer.places.contains(.init(address: [127, 0, 0, 1], port: 0)))
    // What a permitted name has led to may be asked for by its address.
    let again = try #require(local.ask("127.0.0.1", port, number: 2))
    #expect(again.answer.error == 0)
    close(again.descriptor)
    #expect(local.ask("127.0.0.1", port, number: 2)?.answer.error == UInt32(EINVAL))
  }

  @Test func itIsSaidWhoseRulesStandInTheWay() throws {
    let process = try Process(allowed: ["connect:10.0.0.1:80"], rules: ["connect:10.0.0.2:80"])
    for (name, said) in [("10.0.0.1", "the manifest does not permit it; the rule would be connect:10.0.0.1:80"), ("10.0.0.2", "(coffer serve --net connect:10.0.0.2:80)")] {
      for _ in 0..<3 { #expect(process.ask(name, 80)?.answer.error == UInt32(EACCES)) }
      #expect(process.asker.notes.withLock { $0.filter { $0.contains(said) }.count } == 1, "\(process.asker.notes.withLock { $0 })")
    }
  }

  @Test func aRevisionThatWasNotGivenHasNothing() throws {
    let (listener, port) = try Loopback.socket(listens: 64)
    defer { close(listener) }
    let process = try Process(allowed: ["connect:127.0.0.1:*"], rules: ["connect:127.0.0.1:*"])
    for revision in [0, 2, 4, UInt32.max] { #expect(process.ask("127.0.0.1", port, revision: revision)?.answer.error == UInt32(EACCES)) }
  }

  /// Also if a process says that it has closed what it never had, or asks twice by one number.
  @Test func connectionsAreCountedUntilTheyAreClosed() throws {
    let (listener, port) = try Loopback.socket(listens: 64)
    defer { close(listener) }
    let process = try Process(allowed: ["connect:127.0.0.1:*"], rules: ["connect:127.0.0.1:*"], .init(ofTenant: 10, ofFunction: 2))
    var held: [Int32] = []
    defer { for descriptor in held { close(descriptor) } }
    for number in 1...2 as ClosedRange<UInt32> {
      let found = try #require(process.ask("127.0.0.1", port, number: number))
      #expect(found.answer.error == 0)
      held.append(found.descriptor)
    }
    for number in [7, 8] as [UInt32] { process.send(ConnectionRequest(.close, number: number).bytes) }
    #expect(process.ask("127.0.0.1", port, number: 3)?.answer.error == UInt32(EMFILE))
    process.send(ConnectionRequest(.close, number: 1).bytes)
    process.send(ConnectionRequest(.close, number: 1).bytes)
    let third = try #require(process.ask("127.0.0.1", port, number: 3))
    #expect(third.answer.error == 0)
    held.append(third.descriptor)
    #expect(process.ask("127.0.0.1", port, number: 4)?.answer.error == UInt32(EMFILE))
    #expect(process.asker.notes.withLock { $0.count } == 1)
  }

  /// Tenants that connect to where nobody answers, as many at once as they get, leave room for others; so do those that make more and more of them.
  @Test func whoWaitsForSilentPeersKeepsNobodyElseWaiting() throws {
    // Its queue is full, so that whoever else connects hears nothing.
    let (silent, silentPort) = try Loopback.socket(listens: 0)
    defer { close(silent) }
    let fillers = try (0..<3).map { _ in
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      try #require(filler >= 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      (address.sin_port, address.sin_addr.s_addr) = (silentPort.bigEndian, in_addr_t(0x7F00_0001).bigEndian)
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
      try #require(result == 0 || errno == EINPROGRESS)
      return filler
    }
    defer { for filler in fillers { close(filler) } }
    let (listener, port) = try Loopback.socket(listens: 64)
    defer { close(listener) }
    let rules = ["connect:127.0.0.1:*"]
    let errands = ConnectionErrands(try TenantNetworkRules(rules), nil)
    var waiting: [Process] = []
    for tenant in 0..<12 {
      let process = try Process(errands, rules: rules, tenant: "waiting\(tenant)")
      waiting.append(process)
      for number in 0..<200 as Range<UInt32> { process.send(ConnectionRequest(.connect, number: number, revision: 3, port: silentPort, name: Array("127.0.0.1".utf8)).bytes) }
      // At least so many are refused, and at once; by then the tenant has, or will have, as many as it gets.
      for _ in 0..<200 - ConnectionCounts.Limits().makingOfTenant { #expect(process.next()?.answer.error == UInt32(EMFILE)) }
    }
    for tenant in 0..<20 {
      let other = try Process(errands, rules: rules, tenant: "other\(tenant)")
      let found = try #require(other.ask("127.0.0.1", port))
      #expect(found.answer.error == 0, "tenant \(tenant)")
      if found.descriptor >= 0 { close(found.descriptor) }
    }
  }

  /// What making connections has open is part of what a node asks its system for.
  @Test func theirDescriptorsAreCounted() throws {
    var configuration = DispatchConfiguration(monitor: "coffer-monitor")
    let without = configuration.descriptorsAtMost
    let errands = ConnectionErrands(try TenantNetworkRules(["connect:127.0.0.1:*"]), nil)
    configuration.connections = errands
    #expect(configuration.descriptorsAtMost >= without + 2 * ConnectionCounts.Limits().making)
  }

  @Test func whatIsNoRequestEndsTheConversation() throws {
    let process = try Process(allowed: ["connect:127.0.0.1:*"], rules: ["connect:127.0.0.1:*"])
    process.send([1, 2, 3])
    #expect(process.next() == nil)
  }
}
