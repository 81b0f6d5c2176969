import FunctionDispatch
import GRDB
import ImageBuilding

/// Records from and to the database's rows.
enum FunctionRows {
  private static func limits(_ row: Row) -> TenantLimits {
    let memory: Int64 = row["memory"], processorTime: Int64 = row["processorTime"]
    return TenantLimits(concurrency: row["concurrency"], memory: UInt64(clamping: memory), processorTime: UInt64(clamping: processorTime))
  }

  static func everything(_ database: Database) throws -> CatalogueChanges {
    var changes = CatalogueChanges()
    for row in try Row.fetchAll(database, sql: "SELECT * FROM tenants") {
      let name: String = row["name"]
      changes.tenants[name] = TenantRecord(name: name, limits: limits(row), created: row["created"])
    }
    for row in try Row.fetchAll(database, sql: "SELECT * FROM tokens") {
      let token = try token(row)
      changes.tokens[token.identifier] = token
    }
    var revisions: [String: [RevisionRecord]] = [:]
    let rows = try Row.fetchCursor(database, sql: "SELECT * FROM revisions ORDER BY function, number DESC")
    // Most of many functions are served alike.
    var known: [String: RevisionSettings] = [:]
    while let row = try rows.next() { revisions[row["function"], default: []].append(try revision(row, &known)) }
    let building = Set(try String.fetchAll(database, sql: "SELECT function FROM builds"))
    for row in try Row.fetchAll(database, sql: "SELECT * FROM functions") {
      let name: String = row["name"]
      changes.functions[name] = function(row, revisions[name] ?? [], isBuilding: building.contains(name))
    }
    return changes
  }

  /// Nil where there is none.
  static func function(_ name: String, _ database: Database) throws -> FunctionRecord? {
    guard let row = try Row.fetchOne(database, sql: "SELECT * FROM functions WHERE name = ?", arguments: [name]) else { return nil }
    let rows = try Row.fetchAll(database, sql: "SELECT * FROM revisions WHERE function = ? ORDER BY number DESC", arguments: [name])
    let isBuilding = try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM builds WHERE function = ?)", arguments: [name]) ?? false
    var known: [String: RevisionSettings] = [:]
    return function(row, try rows.map { try revision($0, &known) }, isBuilding: isBuilding)
  }

  private static func function(_ row: Row, _ revisions: [RevisionRecord], isBuilding: Bool) -> FunctionRecord {
    FunctionRecord(
      name: row["name"], tenant: row["tenant"], version: row["version"], deployment: row["deployment"], created: row["created"],
      updated: row["updated"], revisions: revisions, isBuilding: isBuilding)
  }

  private static func revision(_ row: Row, _ known: inout [String: RevisionSettings]) throws -> RevisionRecord {
    let (origin, text): (String, String) = (row["origin"], row["settings"])
    let settings = try known[text] ?? RevisionSettings(text: text)
    known[text] = settings
    return RevisionRecord(
      measurement: row["measurement"], number: row["number"], deployment: row["deployment"],
      // Written by a newer version, perhaps: how it was made decides nothing.
      origin: RevisionRecord.Origin(rawValue: origin) ?? .image, size: row["size"], settings: settings,
      created: row["created"], percent: row["percent"], hasServed: row["served"], file: row["file"])
  }

  private static func token(_ row: Row) throws -> TokenRecord {
    let role: String = row["role"]
    guard let known = Role(rawValue: role) else {
      throw StoreError(.unusable, "the database has a token of the role '\(role)', which this version of coffer does not know; use a newer one")
    }
    return TokenRecord(
      identifier: row["id"], tenant: row["tenant"], role: known, note: row["note"], created: row["created"], hash: row["hash"])
  }

  /// A number that no change has had.
  static func nextVersion(_ database: Database) throws -> Int64 {
    try database.execute(sql: "UPDATE versions SET last = last + 1")
    guard let version = try Int64.fetchOne(database, sql: "SELECT last FROM versions") else {
      throw StoreError(.unusable, "the database has lost its table of versions; put a copy back in its place")
    }
    return version
  }
}
