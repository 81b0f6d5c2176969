import FunctionDispatch
import Synchronization

/// `GET /metrics`: the Prometheus text format, version 0.0.4.
///
/// The page is bounded. Only functions that were called since the node's start have lines of their own, and of those the first
/// ``functionLimit`` that were seen with calls, so that none comes and goes; the rest is in the node's sums, and their number is said. Where tenants want
/// more together than there is, each has its share: what others took beyond theirs goes back.
public final class MetricsPage: Sendable {
  public static let functionLimit = 500
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private let chosen = Mutex(ChosenFunctions())
  private let functionLimit: Int

  public convenience init() {
    self.init(functionLimit: Self.functionLimit)
  }

  package init(functionLimit: Int) {
    self.functionLimit = functionLimit
  }

  package func text(_ picture: NodePicture, for viewer: Viewer) -> String {
    let called = picture.rows.filter { $0.statistics != nil }
    let chosen = chosen.withLock { chosen in
      chosen.choose(among: called, limit: functionLimit)
      return chosen
    }
    let visible = picture.rows.filter { viewer.maySee($0.tenant) }
    let listed = visible.filter { $0.statistics != nil && chosen.contains($0) }
    var text = MetricsText()
    writeNode(picture, visible: visible, listed: listed.count, for: viewer, to: &text)
    writeFunctions(listed, to: &text)
    return text.text
  }

  private func writeNode(
    _ picture: NodePicture, visible: [NodePicture.Row], listed: Int, for viewer: Viewer, to text: inout MetricsText
  ) {
    let node = picture.node
    text.family("coffer_node_info", .gauge, "What the node is; always 1.")
    text.sample(
      [("machine", node.machine), ("platform", node.platform), ("confidential", node.confidential ? "true" : "false")], UInt64(1))
    text.family("coffer_node_uptime_seconds", .gauge, "Seconds since the node's start.")
    text.sample([], node.uptime)
    text.family("coffer_node_resident_bytes", .gauge, "Memory of the front process.")
    text.sample([], node.residentBytes)
    if viewer.tenant == nil {
      text.family("coffer_node_monitors_lost_total", .counter, "Monitor processes that died and were replaced.")
      text.sample([], node.monitorsLost)
    }
    writeMonitors(node.monitors.filter { viewer.maySee($0.tenant) }, to: &text)
    writeSums(visible, listed: listed, node.answers, for: viewer, to: &text)
  }

  /// By tenant: process numbers would make new series with each process.
  private func writeMonitors(_ monitors: [DispatchStatistics.Monitor], to text: inout MetricsText) {
    let tenants = Dictionary(grouping: monitors, by: \.tenant).sorted { $0.key < $1.key }
    let families: [(String, String, ([DispatchStatistics.Monitor]) -> UInt64)] = [
      ("coffer_monitors", "Monitor processes; of the tenant \"\" those that stand ready for any.", { UInt64($0.count) }),
      ("coffer_monitor_slots", "Places for calls in monitor processes.", { $0.reduce(0) { $0 &+ UInt64(clamping: $1.slots) } }),
      ("coffer_monitor_slots_busy", "Places that carry a call.", { $0.reduce(0) { $0 &+ UInt64(clamping: $1.busy) } }),
      (
        "coffer_monitor_resident_bytes", "Memory of monitor processes, templates and clones included.",
        { $0.reduce(0) { $0 &+ $1.residentBytes } }
      ),
    ]
    for (name, help, value) in families {
      text.family(name, .gauge, help)
      for (tenant, monitors) in tenants { text.sample([("tenant", tenant)], value(monitors)) }
    }
  }

  private func writeSums(
    _ visible: [NodePicture.Row], listed: Int, _ sums: [String: [String: UInt64]], for viewer: Viewer, to text: inout MetricsText
  ) {
    let called = visible.compactMap(\.statistics)
    text.family("coffer_functions", .gauge, "Functions that are deployed.")
    text.sample([], UInt64(visible.count))
    text.family("coffer_functions_called", .gauge, "Functions that were called since the node's start.")
    text.sample([], UInt64(called.count))
    text.family(
      "coffer_functions_without_lines", .gauge, "Functions that were called and have no lines of their own here, as there are too many.")
    text.sample([], UInt64(called.count - listed))
    text.family("coffer_requests_total", .counter, "Requests to all functions by class of status; gone: the caller did not wait.")
    var answers: [String: UInt64] = [:]
    // Not what the functions above add up to: that falls when one of them is removed, and a counter that falls counts as begun anew.
    for (tenant, sums) in sums where viewer.maySee(tenant) { answers.merge(sums) { $0 &+ $1 } }
    for (status, count) in answers.sorted(by: { $0.key < $1.key }) { text.sample([("code", status)], count) }
    text.family("coffer_requests_running", .gauge, "Requests that run.")
    text.sample([], called.reduce(UInt64(0)) { $0 &+ UInt64(clamping: $1.running) })
    text.family("coffer_requests_queued", .gauge, "Requests that wait for their turn.")
    text.sample([], called.reduce(UInt64(0)) { $0 &+ UInt64(clamping: $1.queued) })
  }

  private func writeFunctions(_ rows: [NodePicture.Row], to text: inout MetricsText) {
    let functions = rows.compactMap { row in row.statistics.map { (labels: [("tenant", row.tenant), ("function", row.name)], numbers: $0) }
    }
    text.family("coffer_function_requests_total", .counter, "Requests by class of status; gone: the caller did not wait.")
    for (labels, numbers) in functions {
      for (status, count) in numbers.answers.sorted(by: { $0.key < $1.key }) { text.sample(labels + [("code", status)], count) }
    }
    text.family("coffer_function_reused_total", .counter, "Requests that an instance answered which went on from the one before (reuse: true).")
    for (labels, numbers) in functions where numbers.reused > 0 { text.sample(labels, numbers.reused) }
    let gauges: [(String, String, (DispatchStatistics.Function) -> UInt64)] = [
      ("coffer_function_running", "Requests that run.", { UInt64(clamping: $0.running) }),
      ("coffer_function_queued", "Requests that wait for their turn.", { UInt64(clamping: $0.queued) }),
      ("coffer_function_machines", "Machines that run the function or stand ready for it.", { UInt64(clamping: $0.machines) }),
      ("coffer_function_template_bytes", "Memory of its templates, which all clones share.", \.templateBytes),
      ("coffer_function_clone_bytes", "Memory that its clones have for themselves.", \.cloneBytes),
    ]
    for (name, help, value) in gauges {
      text.family(name, .gauge, help)
      for (labels, numbers) in functions { text.sample(labels, value(numbers)) }
    }
    let histograms: [(String, String, (DispatchStatistics.Function) -> LatencySummary)] = [
      (
        "coffer_function_cold_start_seconds", "From a request's arrival to its program's beginning, where a machine had to be made.", \.cold
      ),
      ("coffer_function_warm_start_seconds", "From a request's arrival to its program's beginning, where a machine stood ready.", \.warm),
      ("coffer_function_queue_seconds", "Waiting for a turn.", \.queue),
      ("coffer_function_run_seconds", "The program.", \.run),
      ("coffer_function_request_seconds", "From a request's arrival to its answer's end.", \.request),
    ]
    for (name, help, value) in histograms {
      text.family(name, .histogram, help)
      for (labels, numbers) in functions { text.histogram(labels, value(numbers)) }
    }
  }
}
