import FunctionDispatch
import JSONText

/// `GET /v1/statistics`, and each event of `GET /v1/events`.
extension NodePicture {
  func write(to json: inout JSONWriter, for viewer: Viewer, query: StatisticsQuery) {
    let visible = viewer.tenant == nil ? rows : rows.filter { viewer.maySee($0.tenant) }
    var matching = query.filter.isEmpty ? visible : visible.filter { $0.name.contains(query.filter) }
    if query.order != .name {
      // Sorting is stable: equal ones stay in the order of their names.
      matching.sort { $0.weight(query.order) > $1.weight(query.order) }
    }
    let shown = matching.dropFirst(query.offset).prefix(query.limit)
    json.object { json in
      json.member("time", time)
      json.key("node")
      write(node: node, totals: Totals(visible), to: &json, for: viewer)
      json.key("totals")
      Totals(visible).write(to: &json)
      json.member("matching", matching.count)
      json.member("offset", query.offset)
      json.key("functions")
      json.array { json in for row in shown { row.write(to: &json, hasHistograms: query.hasHistograms) } }
      if let name = query.function, let row = visible.first(where: { $0.name == name }) {
        json.key("function")
        row.write(to: &json, hasHistograms: true)
      }
    }
  }

  /// Who may see one tenant only is not told what the others' do.
  private func write(node: DispatchStatistics.Node, totals: Totals, to json: inout JSONWriter, for viewer: Viewer) {
    json.object { json in
      json.member("uptime", node.uptime)
      json.member("machine", node.machine)
      json.member("platform", node.platform)
      json.member("confidential", node.confidential)
      json.member("residentBytes", node.residentBytes)
      json.member("running", viewer.tenant == nil ? node.running : totals.running)
      json.member("queued", viewer.tenant == nil ? node.queued : totals.queued)
      if viewer.tenant == nil { json.member("monitorsLost", node.monitorsLost) }
      json.key("monitors")
      json.array { json in
        for monitor in node.monitors where viewer.maySee(monitor.tenant) { monitor.write(to: &json) }
      }
    }
  }

  /// What the functions do together.
  struct Totals {
    var functions = 0
    var called = 0
    var requests: UInt64 = 0
    var errors: UInt64 = 0
    var running = 0
    var queued = 0
    var machines = 0
    var templateBytes: UInt64 = 0
    var cloneBytes: UInt64 = 0
    var requestsPerSecond = 0.0
    var errorsPerSecond = 0.0

    init(_ rows: [Row]) {
      functions = rows.count
      for row in rows {
        guard let numbers = row.statistics else { continue }
        if numbers.requests > 0 { called += 1 }
        requests &+= numbers.requests
        errors &+= numbers.errors
        running &+= numbers.running
        queued &+= numbers.queued
        machines &+= numbers.machines
        templateBytes &+= numbers.templateBytes
        cloneBytes &+= numbers.cloneBytes
        requestsPerSecond += row.requestsPerSecond
        errorsPerSecond += row.errorsPerSecond
      }
    }

    func write(to json: inout JSONWriter) {
      json.object { json in
        json.member("functions", functions)
        json.member("called", called)
        json.member("requests", requests)
        json.member("errors", errors)
        json.member("running", running)
        json.member("queued", queued)
        json.member("machines", machines)
        json.member("templateBytes", templateBytes)
        json.member("cloneBytes", cloneBytes)
        json.member("requestsPerSecond", requestsPerSecond)
        json.member("errorsPerSecond", errorsPerSecond)
      }
    }
  }
}

extension NodePicture.Row {
  func weight(_ order: StatisticsQuery.Order) -> Double {
    guard let numbers = statistics else { return -1 }
    return switch order {
    case .name: 0
    case .requests: Double(numbers.requests)
    case .errors: Double(numbers.errors)
    case .running: Double(numbers.running)
    case .queued: Double(numbers.queued)
    case .machines: Double(numbers.machines)
    case .memory: Double(numbers.templateBytes &+ numbers.cloneBytes)
    }
  }

  func write(to json: inout JSONWriter, hasHistograms: Bool) {
    json.object { json in
      json.member("name", name)
      json.member("tenant", tenant)
      json.member("revision", revision)
      json.member("requests", statistics?.requests ?? 0)
      json.member("reused", statistics?.reused ?? 0)
      json.member("errors", statistics?.errors ?? 0)
      json.member("requestsPerSecond", requestsPerSecond)
      json.member("errorsPerSecond", errorsPerSecond)
      json.member("running", statistics?.running ?? 0)
      json.member("queued", statistics?.queued ?? 0)
      json.member("machines", statistics?.machines ?? 0)
      json.member("templateBytes", statistics?.templateBytes ?? 0)
      json.member("cloneBytes", statistics?.cloneBytes ?? 0)
      json.key("answers")
      json.object { json in
        for (status, count) in (statistics?.answers ?? [:]).sorted(by: { $0.key < $1.key }) { json.member(status, count) }
      }
      for (name, summary) in summaries {
        json.key(name)
        summary.write(to: &json, hasBuckets: hasHistograms)
      }
    }
  }

  /// The function's histograms by their names in JSON.
  private var summaries: [(String, LatencySummary)] {
    guard let numbers = statistics else { return [] }
    return [("cold", numbers.cold), ("warm", numbers.warm), ("queue", numbers.queue), ("run", numbers.run), ("request", numbers.request)]
  }
}

extension LatencySummary {
  fileprivate func write(to json: inout JSONWriter, hasBuckets: Bool) {
    json.object { json in
      json.member("count", count)
      json.member("p50", p50)
      json.member("p90", p90)
      json.member("p99", p99)
      json.member("max", max)
      json.member("sum", sum)
      guard hasBuckets else { return }
      json.key("buckets")
      json.array { json in
        for bucket in buckets { json.array { json in for number in bucket { json.value(number) } } }
      }
    }
  }
}

extension DispatchStatistics.Monitor {
  fileprivate func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("pid", pid)
      json.member("tenant", tenant)
      json.member("slots", slots)
      json.member("busy", busy)
      json.member("residentBytes", residentBytes)
      json.member("locks", locks)
      json.member("missing", missing)
    }
  }
}
