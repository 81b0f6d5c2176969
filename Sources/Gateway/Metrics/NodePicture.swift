import FunctionDispatch

/// What is deployed, beside what it does: everything that somebody who looks may be shown.
package struct NodePicture: Sendable {
  package struct Row: Sendable {
    var name: String
    package var tenant: String
    var revision: String
    /// Nil for a function that was not called since the node's start.
    package var statistics: DispatchStatistics.Function? { numbers?.value }
    /// Apart, since most of many rows have none, and rows are copied.
    fileprivate var numbers: Numbers?
    /// Since the picture before.
    var requestsPerSecond = 0.0
    var errorsPerSecond = 0.0
  }

  fileprivate final class Numbers: Sendable {
    let value: DispatchStatistics.Function
    init(_ value: DispatchStatistics.Function) { self.value = value }
  }

  let time: Double
  let node: DispatchStatistics.Node
  /// By name.
  package let rows: [Row]

  /// - Parameter previous: gives the rates; without it they are 0.
  package init(_ statistics: DispatchStatistics, deployed: [DeployedFunction], previous: NodePicture.Counts? = nil) {
    time = statistics.time
    node = statistics.node
    var places: [String: Int] = [:]
    for (place, function) in statistics.functions.enumerated() { places[function.name] = place }
    let elapsed = max(statistics.time - (previous?.time ?? statistics.time), 0)
    var rows = deployed.map { function in
      var row = Row(name: function.name, tenant: function.tenant, revision: function.revision)
      // Numbers of a function that is gone are not those of another tenant's that has its name now.
      guard let numbers = places[function.name].map({ statistics.functions[$0] }), numbers.tenant == function.tenant else { return row }
      row.numbers = Numbers(numbers)
      if let previous, elapsed > 0 {
        let before = previous.functions[function.name] ?? (0, 0)
        row.requestsPerSecond = Double(numbers.requests &- min(before.requests, numbers.requests)) / elapsed
        row.errorsPerSecond = Double(numbers.errors &- min(before.errors, numbers.errors)) / elapsed
      }
      return row
    }
    // A store has them in this order.
    if !zip(rows, rows.dropFirst()).allSatisfy({ $0.name <= $1.name }) { rows.sort { $0.name < $1.name } }
    self.rows = rows
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
