import Foundation
import KeyBroker
import KeyBrokerProtocol
import KilledScenarios
import SampleFunctions
import SeededNumbers
import Synchronization
import Testing

/// `coffer broker serve` killed at random while some put secrets and others show evidence, again and again: behind each kill what was answered is there, of what was
/// not either all or nothing, the log's chain holds, and nothing in it is missing, changed or without a cause.
@Suite(.serialized) struct KilledBrokerProcessTests {
  /// What callers of one broker know.
  private struct Known {
    /// By name, what was answered last, and what was sent last.
    var answered: [String: String] = [:]
    var sent: [String: String] = [:]
    var (puts, begun, released, asked) = (0, 0, 0, 0)
  }

  @Test func aBrokerThatIsKilledLosesNothingThatItAnswered() throws {
    let seed = KilledScenario.seed()
    // A round takes seconds, since a caller is a process of its own.
    let rounds = max(4, KilledScenario.rounds / 3)
    var random = SeededGenerator(seed: seed)
    let scratch = try ScratchDirectory()
    let image = "\(scratch.path)/image.trustlet"
    try Data(try SampleImages.image(1)).write(to: URL(fileURLWithPath: image))
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker")
    try putUnderPolicy(broker, image, scratch)
    let token = try String(contentsOfFile: "\(broker.directory)/admin-token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    var chain: [[UInt8]] = []
    var contents: [String: String] = [:]
    var (answers, releases) = (0, 0)
    for round in 0..<rounds {
      if round > 0 { try broker.start() }
      let place: Comment = "round \(round), COFFER_SEED=\(seed)"
      let known = callUntilKilled(broker, image, token, round, &random)
      // Opening follows the whole chain under the key.
      let store = try BrokerStore(directory: broker.directory, key: try MasterKey.file("\(broker.directory)/master-key", for: broker.directory).key)
      let links = try Self.links(of: store)
      #expect(links.count >= chain.count && links.prefix(chain.count).map(\.hash) == chain, "\(place): entries that were there are others or gone")
      let entries = try links.dropFirst(chain.count).map { try AuditEntry(JSONReader.value(of: $0.entry, "test")) }
      func count(_ action: AuditEntry.Action) -> Int { entries.filter { $0.action == action && $0.outcome == .done }.count }
      // A caller who got no answer cannot tell; nobody else called.
      #expect((known.puts...known.begun).contains(count(.put)), "\(place): \(count(.put)) puts, \(known.puts) answered of \(known.begun)")
      #expect((known.released...known.asked).contains(count(.release)), "\(place): \(count(.release)) releases, \(known.released) of \(known.asked)")
      #expect((known.released...known.asked).contains(count(.attest)), "\(place): \(count(.attest)) pieces of evidence, \(known.released) of \(known.asked)")
      for number in 0..<4 {
        let name = "r/t/\(number)"
        let found = try store.release(ResourceName(name), of: "default") { _ in
          AuditEntry(tenant: "default", actor: "test", action: .release, subject: name, outcome: .done)
        }?.content.read { String(decoding: $0, as: UTF8.self) }
        let expected = [known.answered[name] ?? contents[name], known.sent[name] ?? contents[name]]
        #expect(expected.contains(found), "\(place): \(name) is \(found ?? "nothing"), and not one of \(expected)")
        contents[name] = found
      }
      chain = try Self.links(of: store).map(\.hash)
      answers += known.puts
      releases += known.released
    }
    let offline = try broker.run(["audit", "--verify", "--offline", broker.directory, "--key", "\(broker.directory)/master-key"])
    #expect(offline.status == 0 && offline.output.contains("under this master key"), "\(offline)")
    print("\(rounds) kills of the process, \(answers) puts and \(releases) releases were answered before them, \(chain.count) entries")
    #expect(answers > rounds && releases > 0)
  }

  /// Two put and one asks, until nobody answers.
  private func callUntilKilled(_ broker: BrokerProcess, _ image: String, _ token: String, _ round: Int, _ random: inout SeededGenerator) -> Known {
    let known = Mutex(Known())
    let group = DispatchGroup()
    let port = broker.url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
    for worker in 0..<2 {
      let seed = random.next()
      Thread.run(in: group) {
        var random = SeededGenerator(seed: seed)
        for step in 0... {
          // Of each name one worker alone knows the order.
          let name = "r/t/\(2 * worker + Int.random(in: 0..<2, using: &random))"
          let content = "round \(round), worker \(worker), step \(step), " + String(repeating: "x", count: Int.random(in: 0..<3000, using: &random))
          known.withLock {
            $0.begun += 1
            $0.sent[name] = content
          }
          guard Self.put(name, content, port, token) else { return }
          known.withLock {
            $0.puts += 1
            $0.answered[name] = content
          }
        }
      }
    }
    let isOver = Atomic(false)
    let url = broker.url
    Thread.run(in: group) {
      while !isOver.load(ordering: .relaxed) {
        known.withLock { $0.asked += 1 }
        let arguments = ["broker", "request", "shop/key/database", image]
        guard let result = try? BrokerProcess.run(try BrokerProcess.program.path, arguments, environment: ["COFFER_BROKER": url]), result.status == 0 else { return }
        known.withLock { $0.released += 1 }
      }
    }
    // At times behind a release, so that another is as likely as a put to be under way.
    for _ in 0..<600 where round.isMultiple(of: 4) && known.withLock({ $0.released == 0 }) { Thread.sleep(forTimeInterval: 0.1) }
    Thread.sleep(forTimeInterval: Double(UInt64.random(in: 0...400, using: &random)) / 1000)
    broker.kill()
    isOver.store(true, ordering: .relaxed)
    group.wait()
    return known.withLock { $0 }
  }

  private static func links(of store: BrokerStore) throws -> [AuditChain.Link] {
    var verifier = AuditChain.Verifier()
    var all: [AuditChain.Link] = []
    while true {
      let links = try store.audit(after: verifier.number)
      guard !links.isEmpty else { return all }
      for link in links { _ = try verifier.add(link) }
      all += links
    }
  }

  private func putUnderPolicy(_ broker: BrokerProcess, _ image: String, _ scratch: ScratchDirectory) throws {
    #expect(try broker.run(["put", "shop/key/database", "-"], input: "hunter2").status == 0)
    #expect(try broker.run(["request", "shop/key/database", image]).status == 1)
    let log = try broker.run(["audit", "--json"]).output
    let measurement = try #require(log.matches(of: /image ([0-9a-f]{96})/).last).1
    let policy = "\(scratch.path)/policy.yaml"
    try Data("platforms: {none: insecure}\nimages: [{measurement: \"\(measurement)\"}]\nkey-holder: any\n".utf8).write(to: URL(fileURLWithPath: policy))
    #expect(try broker.run(["policy", "shop/key/database", policy]).status == 0)
    // What comes from here on is the callers'.
    #expect(broker.stop() == 0)
    try broker.start()
  }

  /// - Returns: whether the broker said that it has it.
  private static func put(_ name: String, _ content: String, _ port: UInt16, _ token: String) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in(sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: in_addr(s_addr: inet_addr("127.0.0.1")), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    let request = "POST /kbs/v0/resource/\(name) HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer \(token)\r\nContent-Length: \(content.utf8.count)\r\nConnection: close\r\n\r\n\(content)"
    guard connected == 0, send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else { return false }
    var (text, piece): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
    while true {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      text += piece[..<count]
    }
    return text.starts(with: Array("HTTP/1.1 200".utf8))
  }
}

extension Thread {
  /// Not of the pool that the tests' own tasks run on.
  fileprivate static func run(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread {
      body()
      group.leave()
    }.start()
  }
}
