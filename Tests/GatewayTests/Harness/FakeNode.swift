import FunctionDispatch
import Gateway
import Hummingbird
import Logging
import Synchronization

/// A node of so many functions that nobody deployed, whose numbers grow as if somebody called them.
final class FakeNode: StatisticsSource, FunctionDirectory {
  /// Names as a function can have, one that no function can, and what a hostile store might hand out.
  static let hostileName = "<img src=x onerror=alert(1)>"

  private struct State {
    var round: UInt64 = 0
  }

  private let functions: [DeployedFunction]
  private let calledCount: Int
  private let state = Mutex(State())

  /// - Parameter called: so many of them have traffic.
  init(functions names: [String], tenants: [String] = ["acme"], called: Int? = nil) {
    functions = names.enumerated().map { number, name in
      DeployedFunction(name: name, tenant: tenants[number % tenants.count], revision: Self.revision(number))
    }
    calledCount = called ?? names.count
  }

  /// - Parameter owners: the tenant of each.
  init(functions names: [String], owners: [String]) {
    functions = zip(names, owners).enumerated().map { DeployedFunction(name: $1.0, tenant: $1.1, revision: Self.revision($0)) }
    calledCount = names.count
  }

  static let examples = ["hello", "wordcount", "mandelbrot", "thumbnails", "invoices", "checkout", "geocode", "crash", "nightly-report"]

  private static func revision(_ number: Int) -> String {
    var value = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    return (0..<6).map { _ in
      value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return TraceIdentifier.hexadecimal(value)
    }.joined()
  }

  func deployed() -> [DeployedFunction] { functions }

  func tenant(of function: String) -> String? { functions.first { $0.name == function }?.tenant }

  /// How often somebody looked.
  var looks: UInt64 { state.withLock { $0.round } }

  func statistics() async -> DispatchStatistics {
    let round = state.withLock { state in
      state.round += 1
      return state.round
    }
    return DispatchStatistics(
      time: 1_790_000_000 + Double(round), node: Self.node(round),
      functions: functions.prefix(calledCount).enumerated().map { number, function in
        Self.function(function, number: UInt64(number), round: round)
      })
  }

  private static func node(_ round: UInt64) -> DispatchStatistics.Node {
    let locks = ["seccomp", "landlock", "namespaces", "user"]
    return DispatchStatistics.Node(
      uptime: 4_521 + Double(round), machine: "kvm", platform: "none", confidential: false, residentBytes: 61_000_000,
      monitors: [
        .init(pid: 4121, tenant: "acme", slots: 32, busy: Int(5 + round % 4), residentBytes: 88_200_000, locks: locks, missing: []),
        .init(
          pid: 4122, tenant: "bolt", slots: 32, busy: Int(round % 3), residentBytes: 34_600_000, locks: locks.dropLast(),
          missing: ["user"]),
        .init(pid: 4177, tenant: "", slots: 32, busy: 0, residentBytes: 9_400_000, locks: locks, missing: []),
      ],
      running: Int(6 + round % 5), queued: Int(round % 3), monitorsLost: 1)
  }

  private static func function(_ function: DeployedFunction, number: UInt64, round: UInt64) -> DispatchStatistics.Function {
    let perSecond = 1_900 / (number * number + 1) + (round * 7 + number * 13) % 11
    let requests = 48_000 / (number + 1) + perSecond * round
    let errors = function.name == "crash" ? requests : requests / 900
    return DispatchStatistics.Function(
      name: function.name, tenant: function.tenant, revision: function.revision, requests: requests, errors: errors,
      answers: ["2xx": requests - errors, "4xx": errors / 3, "5xx": errors - errors / 3], running: Int((number + round) % 4),
      queued: Int(number == 2 ? round % 3 : 0),
      machines: Int(12 / (number + 1)), templateBytes: number < 6 ? 1_240_000 + 300_000 * number : 0,
      cloneBytes: number < 6 ? 900_000 / (number + 1) : 0,
      cold: summary(of: requests / 200, around: 7), warm: summary(of: requests - requests / 200, around: 3),
      queue: summary(of: requests, around: 0),
      run: summary(of: requests, around: 2), request: summary(of: requests, around: 4))
  }

  /// Values that lie about one of the bounds.
  private static func summary(of count: UInt64, around center: Int) -> LatencySummary {
    let bounds = LatencySummary.bounds
    let shares: [UInt64] = [2, 9, 34, 31, 15, 6, 2, 1]
    var buckets = bounds.map { [$0, 0] }
    var sum: UInt64 = 0
    var rest = count
    for (place, share) in shares.enumerated() where center + place < bounds.count {
      let part = place == shares.count - 1 ? rest : min(rest, count * share / 100)
      buckets[center + place][1] = part
      sum += part * bounds[center + place] * 3 / 4
      rest -= part
    }
    return LatencySummary(
      count: count, p50: bounds[center + 3] * 3 / 4, p90: bounds[center + 4] * 9 / 10, p99: bounds[center + 6] * 4 / 5,
      max: bounds[center + 7], sum: sum, buckets: buckets)
  }
}

/// The node's looks over a fake, with tokens "all", "acme" and "bolt".
struct FakeGateway {
  /// Of "acme", until it is removed.
  final class Token: Sendable { let isThere = Atomic<Bool>(true) }

  let acmeToken = Token()
  let view: NodeView
  let logs = FunctionLogs()

  init(_ node: FakeNode, interval: Duration = .milliseconds(50)) {
    view = NodeView(source: node, directory: node, logs: logs, interval: interval)
  }

  func router() -> Router<BasicRequestContext> {
    let router = Router()
    let acmeToken = acmeToken
    let viewer: NodeView.ViewerOf<BasicRequestContext> = { request, _ in
      switch request.headers[.authorization] {
      case "Bearer all": Viewer(tenant: nil)
      case "Bearer acme": Viewer(tenant: "acme") { acmeToken.isThere.load(ordering: .relaxed) }
      case "Bearer bolt": Viewer(tenant: "bolt")
      default: throw HTTPError(.unauthorized, message: "this needs a token")
      }
    }
    view.addDashboard(to: router)
    view.addMetrics(to: router, viewer: viewer)
    view.addRoutes(to: router, viewer: viewer)
    return router
  }

  func record(_ text: String, function: String = "hello", tenant: String = "acme", stream: FunctionLogLine.Stream = .standardError) {
    logs.record(
      FunctionLogLine(
        time: UInt64(clamping: Timestamp.now), tenant: tenant, function: function, revision: "0123456789abcdef", request: "7f3a",
        stream: stream, text: text))
  }
}
