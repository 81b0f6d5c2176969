import GRDB

extension FunctionStore {
  /// Divides a function's calls among its revisions; those that are not named get none.
  /// - Parameter shares: percentages by measurement, 100 together.
  @discardableResult
  public func split(
    _ function: String, _ shares: [String: Int], precondition: Deployment.Precondition = .none, by caller: Caller? = nil
  ) throws(StoreError) -> FunctionRecord {
    guard shares.values.allSatisfy({ (0...100).contains($0) }) else {
      throw StoreError(.invalid, "a revision's share is not between 0 and 100 percent")
    }
    let sum = shares.values.reduce(0, +)
    guard sum == 100 else { throw StoreError(.invalid, "the revisions' shares add up to \(sum) percent, not to 100") }
    return try update(function, precondition, caller) { record in
      for measurement in shares.keys where !record.revisions.contains(where: { $0.measurement == measurement }) {
        throw Self.noRevision(measurement, of: record)
      }
      return shares
    }
  }

  /// Gives all calls to a revision of before: the named one, or else the newest of the deployment before the one that serves now that has had calls: an optimised
  /// build that was to be promoted by hand, and was not, is nothing to go back to.
  @discardableResult
  public func rollBack(
    _ function: String, to measurement: String? = nil, precondition: Deployment.Precondition = .none, by caller: Caller? = nil
  ) throws(StoreError) -> FunctionRecord {
    try update(function, precondition, caller) { record in
      if let measurement {
        guard record.revisions.contains(where: { $0.measurement == measurement }) else { throw Self.noRevision(measurement, of: record) }
        return [measurement: 100]
      }
      let current = record.serving.map(\.deployment).max() ?? record.deployment
      let former = record.revisions.filter { $0.deployment < current }
      guard let newest = former.first else {
        throw StoreError(
          .impossible,
          "'\(function)' has no earlier revision to go back to; it keeps \(keptRevisionsText), and has "
            + "\(record.revisions.count == 1 ? "this one alone" : "\(record.revisions.count), none of them of an earlier deployment")")
      }
      let earlier = former.first { $0.deployment == newest.deployment && $0.hasServed }
      return [(earlier ?? newest).measurement: 100]
    }
  }

  private var keptRevisionsText: String { "the last \(Self.keptRevisions) that are not in use" }

  /// Removes a function with its revisions.
  public func remove(_ function: String, precondition: Deployment.Precondition = .none, by caller: Caller? = nil) throws(StoreError) {
    let (files, sources) = try change(by: caller) { database, changes in
      let record = try Self.function(function, caller, database)
      try precondition.check(record, named: function)
      let sources = try String.fetchAll(database, sql: "SELECT source FROM builds WHERE function = ?", arguments: [function])
      try database.execute(sql: "DELETE FROM functions WHERE name = ?", arguments: [function])
      changes.functions[function] = .some(nil)
      return (record.revisions.map(\.file), sources)
    }
    for name in sources { removeSource(source(named: name)) }
    // What cannot be removed now is swept at the next start.
    try? images.remove(files, isNeeded: isNeeded)
  }

  private func update(
    _ function: String, _ precondition: Deployment.Precondition, _ caller: Caller?, _ shares: (FunctionRecord) throws -> [String: Int]
  ) throws(StoreError) -> FunctionRecord {
    try change(by: caller) { database, changes in
      let before = try Self.function(function, caller, database)
      try precondition.check(before, named: function)
      let shares = try shares(before)
      let version = try FunctionRows.nextVersion(database)
      for revision in before.revisions {
        try database.execute(
          sql: "UPDATE revisions SET percent = ?1, served = max(served, ?1 > 0) WHERE function = ?2 AND measurement = ?3",
          arguments: [shares[revision.measurement] ?? 0, function, revision.measurement])
      }
      try database.execute(sql: "UPDATE functions SET version = ?, updated = ? WHERE name = ?", arguments: [version, now, function])
      guard let record = try FunctionRows.function(function, database) else { throw Self.noFunction(function) }
      changes.functions[function] = record
      return record
    }
  }

  /// A function of the caller's, now: since a request began its name may have become another tenant's, whose function is as one that is not there.
  private static func function(_ name: String, _ caller: Caller?, _ database: Database) throws -> FunctionRecord {
    guard let record = try FunctionRows.function(name, database), caller?.mayUse(tenant: record.tenant) ?? true else { throw noFunction(name) }
    return record
  }

  public static func noFunction(_ name: String) -> StoreError {
    StoreError(.notFound, "there is no function '\(name)'; coffer functions lists those that there are")
  }

  private static func noRevision(_ measurement: String, of record: FunctionRecord) -> StoreError {
    StoreError(
      .notFound,
      "'\(record.name)' has no revision '\(measurement.prefix(100))'; it has \(record.revisions.map { $0.measurement.prefix(12) + "..." }.joined(separator: ", "))")
  }
}
