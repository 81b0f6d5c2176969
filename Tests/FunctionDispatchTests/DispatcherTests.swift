import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Glibc
import NIOCore
import NetworkRules
import Synchronization
import Testing

@Suite(.serialized) struct DispatcherTests {
  /// It has an end and no answer: what is counted of requests and what is counted of answers would drift apart.
  @Test func evidenceIsNobodysRequest() async throws {
    let harness = Harness(change: { $0.attester = AttesterConfiguration(program: "/nowhere", arguments: []) }) { _ in .output("evidence") }
    let route = Harness.route("f")
    let evidence = try await harness.dispatcher.evidence(of: route, route.revisions[0].revision, nonce: [UInt8](repeating: 7, count: 16), request: "r").get()
    #expect(evidence == Array("evidence".utf8))
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 0 })
    let function = try #require(harness.dispatcher.statistics().functions.first)
    #expect(function.requests == 0 && function.run.count == 0 && function.queue.count == 0 && function.cold.count + function.warm.count == 0)
    await harness.dispatcher.shutDown()
  }

  @Test func aCallReachesItsFunctionAndItsAnswerComesBack() async {
    let harness = Harness { call in
      .output("\(call.name) \(String(decoding: call.input, as: UTF8.self)) \(call.head.environment.joined(separator: ","))")
    }
    let answer = await harness.call(
      Harness.route("hello", settings: FunctionSettings(environment: ["OWN=1"])), input: "in", environment: [("A", "b"), ("C", "")])
    #expect(answer.output == "hello in A=b,C=,OWN=1")
    #expect(answer.ending.exited)
    await harness.dispatcher.shutDown()
  }

  /// Callers on each event loop, more than there are slots on it.
  @Test func callsFromEveryEventLoopGetTheirOwnAnswers() async {
    let harness = Harness(slots: 3) { call in .output(String(decoding: call.input, as: UTF8.self)) }
    let route = Harness.route("echo")
    let wrong = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<300 {
        group.addTask { await harness.call(route, input: "number \(number)", loop: number).output != "number \(number)" }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(wrong == 0)
    #expect(harness.dispatcher.statistics().functions.first?.requests == 300)
    await harness.dispatcher.shutDown()
  }

  @Test func largeInputAndOutputArriveWhole() async {
    let harness = Harness { call in .output(String(decoding: call.input, as: UTF8.self)) }
    let text = String(repeating: "0123456789abcdef", count: 50_000)
    #expect(await harness.call(Harness.route("echo"), input: text).output == text)
    await harness.dispatcher.shutDown()
  }

  @Test func noProcessServesTwoTenants() async {
    let owners = Mutex<[Int: Set<String>]>([:])
    let harness = Harness { call in
      owners.withLock { _ = $0[call.monitor, default: []].insert(String(call.name.prefix(1))) }
      return .output("")
    }
    for turn in 0..<20 {
      for tenant in ["a", "b", "c"] {
        #expect(await harness.call(Harness.route("\(tenant)\(turn % 3)", tenant: tenant), loop: turn).ending.exited)
      }
    }
    let found = owners.withLock { $0 }
    #expect(found.values.allSatisfy { $0.count == 1 })
    await harness.dispatcher.shutDown()
  }

  /// Whatever a process says of itself: it may ask for the revisions that the front gave it, by the rules that were deployed with them.
  @Test func aProcessAsksForItsRevisionsAlone() async throws {
    let maker = AskerCollector()
    let harness = Harness(change: { $0.connections = maker }) { _ in .output("") }
    let rules = [try NetworkRule("connect:10.0.0.1:80"), try NetworkRule("tls:example.org:443")]
    for (tenant, rule) in zip(["a", "b"], rules) {
      #expect(await harness.call(Harness.route("\(tenant)0", tenant: tenant, settings: FunctionSettings(network: [rule]))).ending.exited)
    }
    let grants = maker.askers.map { asker in (0..<1000).compactMap { asker.grant(revision: $0) } }
    #expect(grants.flatMap { $0 }.count == 2)
    #expect(grants.allSatisfy { $0.count < 2 })
    for (tenant, rule) in zip(["a", "b"], rules) {
      let found = grants.flatMap { $0 }.first { $0.tenant == tenant }
      #expect(found?.function == "\(tenant)0" && found?.rules == NetworkRules([rule]))
    }
    await harness.dispatcher.shutDown()
  }

  @Test func oneSpareProcessIsAlwaysReady() async {
    let harness = Harness { _ in .output("") }
    #expect(await Harness.wait { harness.dispatcher.statistics().node.monitors.count == 1 })
    #expect(await harness.call(Harness.route("a")).ending.exited)
    #expect(await Harness.wait { harness.dispatcher.statistics().node.monitors.filter { $0.tenant.isEmpty }.count == 1 })
    #expect(harness.monitors.counts.launched == 2)
    await harness.dispatcher.shutDown()
  }

  @Test func aDeadProcessLosesItsOwnCallsAndIsReplaced() async {
    let harness = Harness { call in call.name == "killer" ? .die : .output("fine") }
    let lost = await harness.call(Harness.route("killer", tenant: "bad"))
    #expect(lost.ending.isLost)
    let other = await harness.call(Harness.route("hello", tenant: "good"))
    #expect(other.output == "fine")
    #expect(await harness.call(Harness.route("hello", tenant: "bad")).output == "fine")
    #expect(harness.dispatcher.statistics().node.monitorsLost == 1)
    #expect(await Harness.wait { harness.lines.lines.contains { $0.function == "killer" && $0.stream == .node } })
    await harness.dispatcher.shutDown()
  }

  static let lies: [(String, [UInt8])] = [
    ("no frame", Array(repeating: 0xff, count: 64)),
    ("the end of another call", Frame(.ended, number: 999, payload: CallEnd(.exited).payload).encoded),
    ("output of another call", Frame(.output, number: 999, payload: [1]).encoded),
    ("a frame of the front's", Frame(.call, number: 1).encoded),
    ("a payload that is no end", Frame(.ended, number: 1, payload: [1, 2, 3]).encoded),
    ("a log line without bound", Array(Frame(.log, number: 1, payload: Array(repeating: 65, count: 1 << 20)).encoded)),
  ]

  @Test(arguments: lies.map(\.0)) func aProcessThatLiesIsEndedAndOthersGoOn(_ lie: String) async throws {
    let bytes = try #require(Self.lies.first { $0.0 == lie }?.1)
    let harness = Harness { call in call.name == "liar" ? .raw(bytes) : .output("fine") }
    let ending = await harness.call(Harness.route("liar", tenant: "bad")).ending
    #expect(ending.isLost, "\(ending)")
    #expect(await harness.call(Harness.route("hello", tenant: "good")).output == "fine")
    await harness.dispatcher.shutDown()
  }

  @Test func whatEndsABadCallIsLogged() async {
    let harness = Harness { _ in .output("", CallEnd(.trapped, start: .warm, message: "unreachable")) }
    _ = await harness.call(Harness.route("f"))
    // Behind the answer.
    #expect(await Harness.wait { harness.lines.lines.contains { $0.stream == .end && $0.text.contains("unreachable") && $0.request == "r" } })
    await harness.dispatcher.shutDown()
  }

  @Test func aRevisionThatAProcessHasLostGoesElsewhereOnce() async {
    let count = Mutex(0)
    let harness = Harness { _ in
      let isFirst = count.withLock { count in
        count += 1
        return count == 1
      }
      return isFirst ? .output("", CallEnd(.notLoaded)) : .output("second")
    }
    #expect(await harness.call(Harness.route("f"), input: "x").output == "second")
    await harness.dispatcher.shutDown()
  }

  @Test func anImageThatCannotBeOpenedIsSaid() async {
    let harness = Harness { _ in .output("") }
    let answer = await harness.call(Harness.route("f", image: "/nowhere/at/all"))
    guard case .unavailable(let reason)? = answer.ending.refusal else { return #expect(Bool(false), "\(answer)") }
    #expect(reason.contains("image"))
    await harness.dispatcher.shutDown()
  }

  @Test func callsThatWaitAreRefusedWhenNoProcessStarts() async {
    let harness = Harness(welcomes: { _ in false }) { _ in .output("") }
    let answer = await harness.call(Harness.route("f"))
    guard case .unavailable? = answer.ending.refusal else { return #expect(Bool(false), "\(answer)") }
    await harness.dispatcher.shutDown()
  }
}

/// Makes no connections, and remembers who may ask for them.
private final class AskerCollector: ConnectionMaking {
  func descriptorsAtMost(askers: Int) -> Int { 0 }
  private let found = Mutex<[any ConnectionAsking]>([])
  var askers: [any ConnectionAsking] { found.withLock { $0 } }

  func serve(_ socket: Int32, for asker: any ConnectionAsking) {
    close(socket)
    found.withLock { $0.append(asker) }
  }
}
