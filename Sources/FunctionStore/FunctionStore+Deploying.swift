import GRDB

extension FunctionStore {
  /// Makes a revision of an image, the function too where there is none, and gives it all calls. The same image once more is the same revision,
  /// with the new settings.
  @discardableResult
  public func deploy(_ deployment: Deployment, by caller: Caller? = nil) throws(StoreError) -> FunctionRecord {
    try ObjectName.check(deployment.function, of: "function")
    return try keeping(deployment.image, caller) { database, changes in
      let name = deployment.function
      guard try Self.exists(tenant: deployment.tenant, database) else { throw Self.noTenant(deployment.tenant) }
      let before = try FunctionRows.function(name, database)
      if let before, before.tenant != deployment.tenant {
        throw StoreError(.taken, "the name '\(name)' belongs to another tenant of this node; choose another one")
      }
      try deployment.precondition.check(before, named: name)
      let version = try FunctionRows.nextVersion(database)
      try database.execute(
        sql: """
          INSERT INTO functions (name, tenant, version, deployment, created, updated) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (name) DO UPDATE SET version = excluded.version, deployment = excluded.deployment, updated = excluded.updated
          """, arguments: [name, deployment.tenant, version, version, now, now])
      try database.execute(sql: "UPDATE revisions SET percent = 0 WHERE function = ?", arguments: [name])
      try insert(deployment.image, of: name, deployment: version, deployment.origin, deployment.settings, percent: 100, database)
      var superseded = try Self.takeBuild(of: name, database)
      if let source = deployment.source {
        try database.execute(
          sql: "INSERT INTO builds (function, deployment, source, settings) VALUES (?, ?, ?, ?)",
          arguments: [name, version, source.name, try deployment.settings.text])
        superseded.removeAll { $0 == source.name }
      }
      return (name, superseded)
    }
  }

  /// Makes the optimised build of a deployment a revision; with all calls where the promotion's rule says so. Nil where the function has been
  /// deployed again or removed meanwhile: then nothing comes of the build.
  @discardableResult
  public func finish(_ build: PendingBuild, with image: CheckedImage) throws(StoreError) -> FunctionRecord? {
    do throws(StoreError) {
      return try keeping(image) { database, changes in
        guard let before = try FunctionRows.function(build.function, database), before.deployment == build.deployment,
          try Self.takeBuild(of: build.function, database) == [build.source.name]
        else { throw StoreError(.changed, "") }
        let isOwn = before.serving.allSatisfy { $0.deployment == build.deployment }
        let version = try FunctionRows.nextVersion(database)
        // Somebody who has rolled back, or split traffic, has decided.
        let isPromoted = build.settings.promotion == .automatic && isOwn && before.serving.count == 1
        if isPromoted { try database.execute(sql: "UPDATE revisions SET percent = 0 WHERE function = ?", arguments: [build.function]) }
        // The same code may serve already, by an earlier deployment that was rolled back to.
        let percent = isPromoted ? 100 : before.revisions.first { $0.measurement == image.measurement }?.percent ?? 0
        try insert(
          image, of: build.function, deployment: build.deployment, .optimised, build.settings, percent: percent, database)
        try database.execute(
          sql: "UPDATE functions SET version = ?, updated = ? WHERE name = ?", arguments: [version, now, build.function])
        return (build.function, [build.source.name])
      }
    } catch where error.code == .changed {
      removeSource(build.source)
      return nil
    }
  }

  /// A build that came to nothing: what was deployed quickly stays.
  public func abandon(_ build: PendingBuild) throws(StoreError) {
    try change { database, changes in
      try database.execute(
        sql: "DELETE FROM builds WHERE function = ? AND source = ?", arguments: [build.function, build.source.name])
      changes.functions[build.function] = try FunctionRows.function(build.function, database)
    }
    removeSource(build.source)
  }

  /// Builds that are still to come, those of the last run too.
  public func pendingBuilds() throws(StoreError) -> [PendingBuild] {
    try fetch { database in
      try Row.fetchAll(database, sql: "SELECT * FROM builds ORDER BY deployment").map { row in
        PendingBuild(
          function: row["function"], deployment: row["deployment"], source: source(named: row["source"]),
          settings: try RevisionSettings(text: row["settings"]))
      }
    }
  }

  /// A change by which an image is needed. `body` says of which function, and which sources nobody needs any more.
  private func keeping(
    _ image: CheckedImage, _ caller: Caller? = nil, _ body: (Database, inout CatalogueChanges) throws -> (function: String, sources: [String])
  ) throws(StoreError) -> FunctionRecord {
    let (record, sources, files) = try images.holding(image, isNeeded: isNeeded) { () throws(StoreError) in
      try change(by: caller) { database, changes in
        let (name, sources) = try body(database, &changes)
        let files = try Self.prune(name, database)
        guard let record = try FunctionRows.function(name, database) else {
          throw StoreError(.unusable, "the function '\(name)' is not where it was just written")
        }
        changes.functions[name] = record
        return (record, sources, files)
      }
    }
    for name in sources { removeSource(source(named: name)) }
    try? images.remove(files, isNeeded: isNeeded)
    return record
  }

  func isNeeded(_ file: String) throws(StoreError) -> Bool {
    try fetch { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM revisions WHERE file = ?)", arguments: [file]) ?? true }
  }

  private func insert(
    _ image: CheckedImage, of function: String, deployment: Int64, _ origin: RevisionRecord.Origin, _ settings: RevisionSettings,
    percent: Int, _ database: Database
  ) throws {
    let last = try Int64.fetchOne(database, sql: "SELECT max(number) FROM revisions WHERE function = ?", arguments: [function]) ?? 0
    try database.execute(
      sql: """
        INSERT INTO revisions (function, measurement, number, deployment, origin, file, size, settings, created, percent, served)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (function, measurement) DO UPDATE SET number = excluded.number, deployment = excluded.deployment,
          origin = excluded.origin, file = excluded.file, size = excluded.size, settings = excluded.settings, percent = excluded.percent,
          served = max(served, excluded.served)
        """,
      arguments: [
        function, image.measurement, last + 1, deployment, origin.rawValue, image.file, image.bytes.count, try settings.text, now, percent, percent > 0,
      ])
  }

  /// Forgets the function's build; answers with its source.
  private static func takeBuild(of function: String, _ database: Database) throws -> [String] {
    let sources = try String.fetchAll(database, sql: "SELECT source FROM builds WHERE function = ?", arguments: [function])
    try database.execute(sql: "DELETE FROM builds WHERE function = ?", arguments: [function])
    return sources
  }

  /// Removes revisions beyond those that are kept; answers with their files.
  private static func prune(_ function: String, _ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        DELETE FROM revisions WHERE function = ?1 AND percent = 0 AND number NOT IN
          (SELECT number FROM revisions WHERE function = ?1 AND percent = 0 ORDER BY number DESC LIMIT ?2) RETURNING file
        """, arguments: [function, keptRevisions])
  }
}
