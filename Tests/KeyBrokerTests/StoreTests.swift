import Foundation
import GRDB
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Synchronization
import Testing

/// What somebody can do who has the disk and not the master key.
@Suite struct StoreTests {
  private let (folder, key): (ScratchFolder, MasterKey)

  init() throws {
    (folder, key) = (try ScratchFolder(), MasterKey())
    let scene = try BrokerScene(folder: folder, key: key)
    try scene.put("a/key/one", BrokerScene.secret, policy: Attester.policy([UInt8](repeating: 0x44, count: 48)))
    try scene.put("a/key/two", Array("another".utf8), policy: Attester.policy())
  }

  /// Changes the database as somebody else's program would.
  private func behindItsBack(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
    let queue = try DatabaseQueue(path: "\(folder.path)/data/broker.sqlite")
    try queue.write { database in
      try database.execute(sql: "DROP TRIGGER IF EXISTS auditIsNotChanged")
      try database.execute(sql: "DROP TRIGGER IF EXISTS auditIsNotDeleted")
      try database.execute(sql: sql, arguments: arguments)
    }
  }

  private func answer(_ name: String) async throws -> String {
    do {
      let scene = try BrokerScene(folder: folder, key: key)
      return String(decoding: try await Attester().client(DirectTransport(scene.broker)).resource(ResourceName(name)), as: UTF8.self)
    } catch KeyBrokerClientError.refused(let problem) {
      return "\(problem.status)"
    } catch let error as BrokerError where error.code == .forged {
      return "does not start"
    }
  }

  /// A tenant that one removes while another changes its quota: what is written of both has to be what the next start expects.
  @Test func twoAdministratorsAtOnceLeaveWhatOpensAgain() throws {
    do {
      let store = try BrokerScene(folder: folder, key: key).broker.store
      for round in 0..<40 {
        try store.addTenant("tenant-\(round)", by: "test")
        DispatchQueue.concurrentPerform(iterations: 2) { who in
          if who == 0 {
            try? store.removeTenant("tenant-\(round)", by: "one")
          } else {
            try? store.changeTenant("tenant-\(round)", quota: .init(resources: round + 1, bytes: 10_000, requests: 5), by: "other")
          }
        }
        #expect(store.tenant("tenant-\(round)") == nil)
      }
    }
    _ = try BrokerScene(folder: folder, key: key)
  }

  /// What requests ask for is what was written last, whoever of several administrators is told of it first.
  @Test func whatIsInMemoryIsWhatWasWrittenLast() throws {
    let store = try BrokerScene(folder: folder, key: key).broker.store
    for round in 0..<40 {
      let name = "tenant-\(round)"
      try store.addTenant(name, by: "test")
      DispatchQueue.concurrentPerform(iterations: 6) { number in
        try? store.changeTenant(name, quota: .init(resources: number, bytes: 10_000, requests: 5), by: "test")
      }
      let last = try #require(
        try store.audit(limit: 10_000).map { try AuditEntry(JSONReader.value(of: $0.entry, "test")) }.last { $0.action == .changeTenant && $0.subject == name })
      #expect(store.tenant(name).map { last.detail.hasPrefix("\($0.quota.resources) resources") } == true, "\(last.detail)")
      // Nobody has a token for a tenant that is no more, nor a resource in it.
      DispatchQueue.concurrentPerform(iterations: 6) { number in
        switch number {
        case 0: try? store.removeTenant(name, by: "test")
        case 1: _ = try? store.put(ResourceName("a/b/c"), of: name, content: [1], by: "test")
        default: _ = try? store.addToken(tenant: name, role: .admin, by: "test")
        }
      }
      if store.tenant(name) == nil { #expect(store.tokens(of: name).isEmpty) }
    }
    let tokens = store.tokens()
    // Of two who remove the same one, one is told that it is gone.
    for token in tokens.prefix(20) {
      let done = Mutex(0)
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        do {
          try store.removeToken(token.identifier, by: "test")
          done.withLock { $0 += 1 }
        } catch {}
      }
      #expect(done.withLock { $0 } == 1)
    }
  }

  /// Of two brokers that start for the first time, the second takes the key that the first has made, or none.
  @Test func aKeyThatIsThereIsNotReplaced() throws {
    let path = "\(folder.path)/master"
    DispatchQueue.concurrentPerform(iterations: 8) { _ in _ = try? MasterKey.file(path, for: "\(folder.path)/none") }
    let made = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(made.count == MasterKey.size)
    #expect(try MasterKey.file(path, for: "\(folder.path)/none").isNew == false)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == made)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("master") } == ["master"])
  }

  @Test func nothingSecretLiesOnTheDisk() throws {
    var token = ""
    do {
      let scene = try BrokerScene(folder: folder, key: key)
      token = try scene.broker.store.addToken(tenant: nil, role: .admin, by: "test").text
    }
    var bytes = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/data") {
      let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/data/\(name)"))
      bytes += file.count
      for secret in [BrokerScene.secret, Array("another".utf8), Array(token.suffix(52).utf8)] {
        #expect(file.firstRange(of: secret) == nil, "\(name)")
      }
    }
    #expect(bytes > 10_000)
  }

  @Test func aPolicyPutBehindTheBrokersBackReleasesNothing() async throws {
    #expect(try await answer("a/key/two") == "another")
    #expect(try await answer("a/key/one") == "403")
    try behindItsBack("UPDATE resources SET policy = (SELECT policy FROM resources WHERE name = 'a/key/two') WHERE name = 'a/key/one'")
    #expect(try await answer("a/key/one") == "500")
    #expect(try await answer("a/key/two") == "another")
  }

  @Test(arguments: [
    "UPDATE resources SET content = (SELECT content FROM resources WHERE name = 'a/key/one') WHERE name = 'a/key/two'",
    "UPDATE resources SET version = version + 1 WHERE name = 'a/key/two'", "UPDATE resources SET content = x'00' WHERE name = 'a/key/two'",
    "UPDATE resources SET content = zeroblob(length(content)) WHERE name = 'a/key/two'", "UPDATE resources SET policy = NULL WHERE name = 'a/key/two'",
    "UPDATE resources SET name = CASE name WHEN 'a/key/one' THEN 'a/key/two' ELSE 'a/key/three' END WHERE name IN ('a/key/one', 'a/key/two') AND 1 = (SELECT 1) AND name = 'a/key/two'",
  ])
  func aResourceChangedBehindTheBrokersBackIsNotReleased(sql: String) async throws {
    try behindItsBack(sql)
    // The broker does not start, or does not release it. Then what nobody wrote is not there, and what was written is not lost without a word.
    let (two, three) = (try await answer("a/key/two"), try await answer("a/key/three"))
    #expect(two == "does not start" && three == two || ["500", "401"].contains(two) && ["404", "401"].contains(three), "\(two), \(three)")
  }

  private static let kept = [
    ("a policy that was taken away", "INSERT OR REPLACE INTO resources SELECT * FROM keptResources WHERE name = 'a/key/one'"),
    ("a resource that was removed", "INSERT INTO resources SELECT * FROM keptResources WHERE name = 'a/key/three'"),
    ("a resource that was removed and written anew", "INSERT OR REPLACE INTO resources SELECT * FROM keptResources WHERE name = 'a/key/four'"),
    ("a counter's value", "INSERT OR REPLACE INTO counters SELECT * FROM keptCounters WHERE name = 'a/key/two'"),
    ("a counter that is gone", "DELETE FROM counters"), ("a resource that is gone", "DELETE FROM resources WHERE name = 'a/key/one'"),
    ("a token that was removed", "INSERT OR REPLACE INTO tokens SELECT * FROM keptTokens"), ("a token that is gone", "DELETE FROM tokens"),
    ("a quota", "UPDATE tenants SET bytes = bytes + 1"), ("a tenant", "INSERT INTO tenants VALUES ('evil', 0, 10, 10, 10)"),
    ("nothing", "SELECT 1"),
  ]

  /// Rows that the broker wrote itself, earlier: each is authentic, and not the last.
  @Test(arguments: kept, [false, true]) func aRowThatIsPutBackIsSeen(what: (name: String, sql: String), isRunning: Bool) throws {
    func open() throws -> BrokerStore { try BrokerStore(directory: "\(folder.path)/data", key: key, isExclusive: false) }
    let (names, text) = try changeRows(open)
    let store = isRunning ? try open() : nil
    try behindItsBack(what.sql)
    func isForged(_ work: () throws -> Void) -> Bool {
      do { try work() } catch { return (error as? BrokerError)?.code == .forged }
      return false
    }
    guard let store else {
      #expect(isForged { _ = try open() } == (what.name != "nothing"), "\(what.name)")
      return
    }
    let resources = isForged { _ = try store.resources(of: "default") }
    let single = names.map { name in isForged { _ = try store.resource(name, of: "default") } }
    let released = names.map { name in
      isForged { _ = try store.release(name, of: "default") { AuditEntry(tenant: "default", actor: "test", action: .release, subject: "\($0.name)", outcome: .done) } }
    }
    let two = try #require(try store.resource(names[1], of: "default"))
    let counter = isForged { _ = try store.counter(of: two, of: "default", exchange: nil, by: "test") }
    let changed = ["one", "three", "four"].map { name in what.sql.contains("resources") && what.sql.contains("a/key/\(name)") }
    // Released is a resource with what its counter has.
    #expect(single == [changed[0], false, changed[1], changed[2]] && released == [changed[0], counter, changed[1], changed[2]] && resources == changed.contains(true), "\(what.name)")
    #expect(counter == what.sql.contains("counters"), "\(what.name)")
    // What every request asks for is in memory.
    #expect(store.bearer(of: text) == nil && store.tenant("evil") == nil && store.tenant("default")?.quota == .standard && store.tokens().count == 1)
  }

  /// Writes rows, has them kept behind the broker's back, and writes others in their place.
  private func changeRows(_ open: () throws -> BrokerStore) throws -> (names: [ResourceName], removedToken: String) {
    let names = try ["one", "two", "three", "four"].map { try ResourceName("a/key/\($0)") }
    let values = try [1, 2].map { try CounterValue([UInt8](repeating: $0, count: 24)) }
    let running = try open()
    for name in names.suffix(2) { try running.put(name, of: "default", content: [3], by: "test") }
    let (text, record) = try running.addToken(tenant: nil, role: .admin, by: "test")
    _ = try running.addToken(tenant: nil, role: .audit, by: "test")
    func second() throws -> ResourceRecord { try #require(try running.resource(names[1], of: "default")) }
    #expect(try running.counter(of: second(), of: "default", exchange: CounterExchange(expected: nil, value: values[0]), by: "test").isExchanged)
    for table in ["Resources", "Counters", "Tokens"] { try behindItsBack("CREATE TABLE kept\(table) AS SELECT * FROM \(table)") }
    try running.setPolicy(nil, of: names[0], of: "default", by: "test")
    try running.remove(names[2], of: "default", by: "test")
    try running.remove(names[3], of: "default", by: "test")
    try running.put(names[3], of: "default", content: [4], by: "test")
    try running.removeToken(record.identifier, by: "test")
    #expect(try running.counter(of: second(), of: "default", exchange: CounterExchange(expected: values[0], value: values[1]), by: "test").isExchanged)
    return (names, text)
  }

  @Test func versionsDoNotRepeat() throws {
    let store = try BrokerStore(directory: "\(folder.path)/data", key: key)
    let name = try ResourceName("a/key/five")
    var versions: [Int64] = []
    for _ in 0..<3 {
      versions.append(try store.put(name, of: "default", content: [5], by: "test").version)
      try store.setPolicy(nil, of: name, of: "default", by: "test")
      versions.append(try #require(try store.resource(name, of: "default")).version)
      try store.remove(name, of: "default", by: "test")
    }
    #expect(versions == versions.sorted() && Set(versions).count == 6)
  }

  @Test func aTokenPutBehindTheBrokersBackStopsIt() throws {
    try behindItsBack(
      "INSERT INTO tokens VALUES ('aaaaaaaaaaaa', ?, NULL, 'admin', '', 0, zeroblob(48))", [String(repeating: "0", count: 64)])
    #expect { try BrokerScene(folder: folder, key: key) } throws: { ($0 as? BrokerError)?.code == .forged }
  }

  @Test(arguments: [
    "UPDATE audit SET entry = CAST(replace(CAST(entry AS TEXT), 'a/key/one', 'a/key/two') AS BLOB)", "DELETE FROM audit WHERE number = 3",
    "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)", "DELETE FROM audit", "UPDATE audit SET hash = zeroblob(48) WHERE number = 2",
    "UPDATE audit SET seal = zeroblob(48) WHERE number = 2", "UPDATE audit SET number = number + 1000 WHERE number = 4",
    "DELETE FROM facts WHERE name = 'audit-head'", "UPDATE facts SET value = zeroblob(96) WHERE name = 'audit-head'",
  ])
  func aLogThatWasChangedIsSeen(sql: String) throws {
    let (number, head) = try BrokerStore.verifyLog(directory: "\(folder.path)/data", key: key)
    #expect(number > 4 && head.count == 48)
    try behindItsBack(sql)
    #expect { try BrokerScene(folder: folder, key: key) } throws: { ($0 as? BrokerError)?.code == .forged }
    #expect { try BrokerStore.verifyLog(directory: "\(folder.path)/data", key: key) } throws: { ($0 as? BrokerError)?.code == .forged }
  }

  /// The file is written while the broker runs: it neither goes on from what it finds there nor tells it as its log.
  @Test(arguments: [
    "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)", "DELETE FROM audit",
    "UPDATE audit SET hash = zeroblob(48) WHERE number = (SELECT max(number) FROM audit)",
    "UPDATE audit SET number = number + 1 WHERE number = (SELECT max(number) FROM audit)",
    "INSERT INTO audit SELECT number + 1, entry, hash, seal FROM audit ORDER BY number DESC LIMIT 1",
  ])
  func aLogThatIsCutWhileTheBrokerRunsIsSeen(sql: String) throws {
    let store = try BrokerStore(directory: "\(folder.path)/data", key: key, isExclusive: false)
    let name = try ResourceName("a/key/two")
    try store.put(name, of: "default", content: [1], by: "test")
    let before = try store.auditEnd()
    try behindItsBack(sql)
    func isForged(_ error: any Error) -> Bool { (error as? BrokerError)?.code == .forged }
    for _ in 0..<2 {
      #expect { try store.put(name, of: "default", content: [2], by: "test") } throws: { isForged($0) }
      #expect { try store.release(name, of: "default") { AuditEntry(tenant: "default", actor: "test", action: .release, subject: "\($0.name)", outcome: .done) } } throws: { isForged($0) }
      #expect { try store.auditEnd() } throws: { isForged($0) }
    }
    #expect(before.number > 5)
  }

  @Test func aBrokersDatabaseIsOpenedByNobodyElse() throws {
    let scene = try BrokerScene(folder: folder, key: key)
    var configuration = Configuration()
    configuration.busyMode = .immediateError
    let path = "\(folder.path)/data/broker.sqlite"
    #expect { try DatabaseQueue(path: path, configuration: configuration).write { try $0.execute(sql: "DELETE FROM resources") } } throws: {
      ($0 as? DatabaseError)?.resultCode == .SQLITE_BUSY
    }
    #expect(try scene.broker.store.resources(of: "default").count == 2)
  }

  /// A whole chain that is right by its hashes, and not the broker's.
  @Test func aLogWrittenAnewIsSeen() throws {
    let other = try ScratchFolder()
    do { _ = try BrokerScene(folder: other, key: MasterKey()) }
    let rows = try DatabaseQueue(path: "\(other.path)/data/broker.sqlite").read { try Row.fetchAll($0, sql: "SELECT * FROM audit") }
    let head = try DatabaseQueue(path: "\(other.path)/data/broker.sqlite").read { try Data.fetchOne($0, sql: "SELECT value FROM facts WHERE name = 'audit-head'") }
    try behindItsBack("DELETE FROM audit")
    for row in rows {
      try behindItsBack("INSERT INTO audit VALUES (?, ?, ?, ?)", [row["number"], row["entry"] as Data, row["hash"] as Data, row["seal"] as Data])
    }
    try behindItsBack("UPDATE facts SET value = ? WHERE name = 'audit-head'", [head])
    _ = try BrokerStore.verifyLog(directory: "\(folder.path)/data", key: nil)
    #expect { try BrokerStore.verifyLog(directory: "\(folder.path)/data", key: key) } throws: { ($0 as? BrokerError)?.code == .forged }
    #expect { try BrokerScene(folder: folder, key: key) } throws: { ($0 as? BrokerError)?.code == .forged }
  }

  @Test func theLogIsOnlyAddedTo() throws {
    let queue = try DatabaseQueue(path: "\(folder.path)/data/broker.sqlite")
    for sql in ["UPDATE audit SET number = 0", "DELETE FROM audit"] {
      #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: sql) } }
    }
  }

  @Test func anotherMasterKeyOpensNothing() throws {
    #expect { try BrokerScene(folder: folder, key: MasterKey()) } throws: { error in
      (error as? BrokerError)?.code == .forged && (error as? BrokerError)?.message.contains("another master key") == true
    }
    _ = try BrokerScene(folder: folder, key: key)
  }

  @Test func aDirectoryHasOneBroker() throws {
    let first = try BrokerScene(folder: folder, key: key)
    #expect { try BrokerScene(folder: folder, key: key) } throws: { ($0 as? BrokerError)?.code == .locked }
    withExtendedLifetime(first) {}
  }

  /// Misspelt, or lost: another key opens nothing of what is there, and would be taken for it at the next start.
  @Test func aSecondMasterKeyIsNotMade() throws {
    let (data, path) = ("\(folder.path)/kept", "\(folder.path)/kept-key")
    do { _ = try BrokerStore(directory: data, key: try MasterKey.file(path, for: data).key) }
    #expect { try MasterKey.file("\(path)-misspelt", for: data) } throws: { ($0 as? BrokerError)?.message.contains("was written under one") == true }
    #expect(!FileManager.default.fileExists(atPath: "\(path)-misspelt"))
    _ = try BrokerStore(directory: data, key: try MasterKey.file(path, for: data).key)
  }

  @Test func aMasterKeysFileIsItsOwnersAlone() throws {
    let path = "\(folder.path)/key"
    #expect { try MasterKey.existingFile(path) } throws: { ($0 as? BrokerError)?.code == .fileSystem }
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(try MasterKey.file(path, for: "\(folder.path)/none").isNew)
    #expect(try !MasterKey.file(path, for: "\(folder.path)/none").isNew)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    for mode in [0o640, 0o604, 0o666, 0o620] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      #expect { try MasterKey.file(path, for: "\(folder.path)/none") } throws: { ($0 as? BrokerError)?.code == .fileSystem }
    }
    for count in [0, 31, 33, 64] {
      let other = "\(folder.path)/key-\(count)"
      _ = FileManager.default.createFile(atPath: other, contents: Data(count: count), attributes: [.posixPermissions: 0o600])
      #expect { try MasterKey.file(other, for: "\(folder.path)/none") } throws: { ($0 as? BrokerError)?.code == .invalid }
    }
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "\(folder.path)/key-31")
    #expect(throws: BrokerError.self) { try MasterKey.file("\(folder.path)/link", for: "\(folder.path)/none") }
  }
}
