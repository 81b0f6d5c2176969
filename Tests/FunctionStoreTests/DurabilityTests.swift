import DurableDatabase
import Foundation
import FunctionStore
import GRDB
import ImageBuilding
import SampleFunctions
import Testing
import TrustletImage

@Suite struct DurabilityTests {
  let directory: ScratchDirectory
  private var data: String { directory.path + "/data" }

  init() throws { directory = try ScratchDirectory() }

  @Test func everythingIsThereAgain() throws {
    let before: [FunctionRecord]
    do {
      let store = try FunctionStore(directory: data)
      var settings = RevisionSettings(promotion: .manual)
      settings.serving.environment = ["MODE=fast"]
      settings.serving.answer = .cgi
      settings.serving.memory = 1 << 40
      try store.deploy("one", try SampleImages.checked(0), settings: settings)
      try store.deploy("one", try SampleImages.checked(1))
      try store.deploy("two", try SampleImages.checked(1))
      before = store.functions()
    }
    let store = try FunctionStore(directory: data)
    #expect(store.functions() == before)
    #expect(before[0].revisions[1].settings.serving.environment == ["MODE=fast"])
    #expect(store.missingImages().isEmpty)
    try FileManager.default.removeItem(atPath: try #require(store.route("two")?.revisions.first?.revision.imageFile))
    #expect(store.missingImages().map(\.function) == ["one", "two"])
  }

  @Test func whatNobodyNeedsIsSweptAtTheStart() throws {
    let image = try SampleImages.checked(0)
    do {
      let store = try FunctionStore(directory: data)
      try store.deploy("one", image)
    }
    for path in ["images/.new-abc", "images/other.trustlet", "sources/abc", ".new-x"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(data)/\(path)"))
    }
    let store = try FunctionStore(directory: data)
    #expect(try directory.names("data/images").count == 1)
    #expect(try directory.names("data/sources").isEmpty)
    #expect(try !directory.names("data").contains(".new-x"))
    #expect(store.missingImages().isEmpty)
  }

  @Test func oneNodeForADirectory() throws {
    let store = try FunctionStore(directory: data)
    #expect { _ = try FunctionStore(directory: data) } throws: { error in
      guard let error = error as? StoreError else { return false }
      return error.code == .locked && error.message.contains("--data")
    }
    #expect(store.functionCount == 0)
  }

  @Test func aLockedDatabaseIsSaidAndWaitedFor() throws {
    let store = try FunctionStore(directory: data, patience: 0.2)
    try store.deploy("one", try SampleImages.checked(0))
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: data + "/node.sqlite", configuration: configuration)
    try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    #expect { try store.deploy("one", try SampleImages.checked(1)) } throws: { error in
      guard let error = error as? StoreError else { return false }
      return error.code == .locked && error.message.contains("try again")
    }
    // What is served does not wait.
    #expect(store.route("one")?.revisions.count == 1)
    try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
    try store.deploy("one", try SampleImages.checked(1))
    #expect(try directory.names("data/images").count == 2)
  }

  @Test func aNewerDatabaseIsNotTouched() throws {
    do { _ = try FunctionStore(directory: data) }
    let other = try DatabaseQueue(path: data + "/node.sqlite")
    try other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: to come')") }
    #expect { _ = try FunctionStore(directory: data) } throws: { ($0 as? StoreError)?.code == .unusable }
  }

  @Test func aDamagedDatabaseIsSaid() throws {
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try Data(repeating: 0x55, count: 8192).write(to: URL(fileURLWithPath: data + "/node.sqlite"))
    #expect { _ = try FunctionStore(directory: data) } throws: { ($0 as? StoreError)?.code == .unusable }
  }

  @Test func aDirectoryThatCannotBeIsSaid() throws {
    try Data().write(to: URL(fileURLWithPath: data))
    #expect { _ = try FunctionStore(directory: data) } throws: { ($0 as? StoreError)?.code == .fileSystem }
    #expect { _ = try FunctionStore(directory: "/proc/nowhere") } throws: { ($0 as? StoreError)?.code == .fileSystem }
    #expect { _ = try FunctionStore(directory: "") } throws: { ($0 as? StoreError)?.code == .invalid }
  }

  /// A disk's failure may leave a transaction behind, here as if one had begun on its own.
  @Test func whatWasNeverDoneIsNotRead() throws {
    let database = try DurableDatabase<StoreError>(path: directory.path + "/some.sqlite", label: "test", schema: DatabaseMigrator())
    var connection: Database?
    try database.write(
      { database in
        try database.execute(sql: "CREATE TABLE numbers (number INTEGER)")
        connection = database
      }, committed: { _ in try? connection?.execute(sql: "BEGIN; INSERT INTO numbers VALUES (1)") })
    #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM numbers") } == 0)
    try database.write { try $0.execute(sql: "INSERT INTO numbers VALUES (2)") }
    #expect(try database.read { try Int.fetchOne($0, sql: "SELECT sum(number) FROM numbers") } == 2)
  }

  /// On a file system of its own that is nearly full: an error that says so, nothing changed, and everything goes on when there is space again.
  @Test func aFullDiskChangesNothing() throws {
    let mount = directory.path + "/small"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
    guard Command.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", mount]) == 0 else {
      print("skipped: aFullDiskChangesNothing needs the right to mount a tmpfs")
      return
    }
    defer { _ = Command.run("/usr/bin/umount", ["-l", mount]) }
    let store = try FunctionStore(directory: mount + "/data")
    try store.deploy("one", try SampleImages.checked(0))
    let before = store.functions()
    try Data().write(to: URL(fileURLWithPath: mount + "/filler"))
    let filler = try #require(FileHandle(forWritingAtPath: mount + "/filler"))
    while (try? filler.write(contentsOf: Data(repeating: 0, count: 4096))) != nil {}
    for number in 1..<4 as Range<UInt8> {
      #expect { try store.deploy("f\(number)", try SampleImages.checked(number)) } throws: { error in
        guard let error = error as? StoreError else { return false }
        return error.code == .diskFull && error.message.contains("free some space")
      }
    }
    // The same image needs no file, only the database's.
    var refusal: StoreError?
    let image = try SampleImages.checked(0)
    for number in 0..<4000 where refusal == nil {
      do throws(StoreError) { try store.deploy("g\(number)", image) } catch { refusal = error }
    }
    #expect(refusal?.code == .diskFull)
    #expect(store.functions().first { $0.name == "one" } == before[0])
    // Its blocks are taken as long as somebody has it open.
    try filler.close()
    try FileManager.default.removeItem(atPath: mount + "/filler")
    try store.deploy("two", try SampleImages.checked(2))
    #expect(store.route("two") != nil)
    #expect(store.missingImages().isEmpty)
  }
}

enum Command {
  static func run(_ path: String, _ arguments: [String]) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
