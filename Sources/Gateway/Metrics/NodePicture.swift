import FunctionDispatch

/// What is deployed, beside what it does: everything that somebody who looks may be shown.
package struct NodePicture: Sendable {
  package struct Row: Sendable {
    var name: String
    package var tenant: String
    var revision: String
    /// Nil for a function that was not called since the node's start.
    package var statistics: DispatchStatistics.Function?
    /// Since the picture before.
    var requestsPerSecond = 0.0
    var errorsPerSecond = 0.0
  }

  let time: Double
  let node: DispatchStatistics.Node
  /// By name.
  package let rows: [Row]

  /// - Parameter previous: gives the rates; without it they are 0.
  package init(_ statistics: DispatchStatistics, deployed: [DeployedFunction], previous: NodePicture.Counts? = nil) {
    time = statistics.time
    node = statistics.node
    var known: [String: DispatchStatistics.Function] = [:]
    for function in statistics.functions { known[function.name] = function }
    let elapsed = max(statistics.time - (previous?.time ?? statistics.time), 0)
    rows = deployed.map { function in
      var row = Row(name: function.name, tenant: function.tenant, revision: function.revision)
      // Numbers of a function that is gone are not those of another tenant's that has its name now.
      guard let numbers = known[function.name], numbers.tenant == function.tenant else { return row }
      row.statistics = numbers
      if let previous, elapsed > 0 {
        let before = previous.functions[function.name] ?? (0, 0)
        row.requestsPerSecond = Double(numbers.requests &- min(before.requests, numbers.requests)) / elapsed
        row.errorsPerSecond = Double(numbers.errors &- min(before.errors, numbers.errors)) / elapsed
      }
      return row
    }.sorted { $0.name < $1.name }
  }

  /// What the next picture's rates are reckoned from.
  package struct Counts: Sendable {
    var time: Double
    var functions: [String: (requests: UInt64, errors: UInt64)]
  }

  var counts: Counts {
    var functions: [String: (requests: UInt64, errors: UInt64)] = [:]
    for row in rows {
      if let numbers = row.statistics { functions[row.name] = (numbers.requests, numbers.errors) }
    }
    return Counts(time: time, functions: functions)
  }
}
