import Foundation
import FunctionDispatch
import FunctionStore
import SampleFunctions
import Synchronization
import Testing

@Suite struct AccessTests {
  let directory: ScratchDirectory
  let store: FunctionStore

  init() throws {
    directory = try ScratchDirectory()
    store = try FunctionStore(directory: directory.path + "/data")
  }

  @Test func aTokenSaysWhoseItIs() throws {
    try store.addTenant("acme")
    let (text, record) = try store.addToken(tenant: "acme", role: .deploy, note: "continuous integration")
    #expect(store.caller(bearing: text) == Caller(token: record.identifier, tenant: "acme", role: .deploy))
    try store.removeToken(record.identifier)
    #expect(store.caller(bearing: text) == nil)
  }

  @Test func limitsOfATenantAreOnTheDiskAndHeardOf() throws {
    let limits = TenantLimits(concurrency: 3, memory: 1 << 30, processorTime: 250_000_000)
    let elsewhere = directory.path + "/elsewhere"
    do {
      let store = try FunctionStore(directory: elsewhere)
      try store.addTenant("acme")
      try store.addTenant("other", limits: limits)
      try store.limitTenant("acme", to: limits)
    }
    #expect(try FunctionStore(directory: elsewhere).tenants.map(\.limits) == [limits, TenantLimits(), limits])
    try store.addTenant("acme", limits: limits)
    try store.addTenant("other")
    let heard = Mutex<[String: TenantLimits]>([:])
    store.whenLimited { tenant, limits in heard.withLock { $0[tenant] = limits } }
    #expect(heard.withLock { $0 } == ["acme": limits, "other": TenantLimits(), TenantRecord.standard: TenantLimits()])
    try store.limitTenant("other", to: limits)
    #expect(heard.withLock { $0["other"] } == limits)
    try store.removeTenant("other")
    #expect(heard.withLock { $0 } == ["acme": limits, TenantRecord.standard: TenantLimits()])
    #expect(throws: StoreError.self) { try store.limitTenant("nobody", to: limits) }
    #expect(throws: StoreError.self) { try store.limitTenant("acme", to: TenantLimits(concurrency: -1)) }
  }

  @Test func whatIsNotTheTokenIsNobodys() throws {
    let (text, _) = try store.addToken(tenant: nil, role: .admin)
    var wrong = ["", "coffer_", "coffer__", text + "a", String(text.dropLast()), text.uppercased(), " " + text]
    for index in text.indices.suffix(60) {
      var changed = text
      changed.replaceSubrange(index...index, with: changed[index] == "a" ? "b" : "a")
      wrong.append(changed)
    }
    for text in wrong { #expect(store.caller(bearing: text) == nil, "\(text)") }
  }

  @Test func noSecretLiesInTheDatabase() throws {
    let (text, _) = try store.addToken(tenant: nil, role: .admin)
    let secret = Data(try #require(text.split(separator: "_").last).utf8)
    for name in try directory.names("data") where name.hasPrefix("node.sqlite") {
      let contents = try Data(contentsOf: URL(fileURLWithPath: directory.path + "/data/" + name))
      #expect(contents.range(of: secret) == nil, "\(name)")
    }
  }

  @Test func tokensOutliveTheProcess() throws {
    let directory = try ScratchDirectory()
    let text = try FunctionStore(directory: directory.path).addToken(tenant: nil, role: .read).text
    #expect(try FunctionStore(directory: directory.path).caller(bearing: text)?.role == .read)
  }

  @Test func theAdministratorsTokenIsForItsUserAlone() throws {
    let path = try store.provideAdminToken()
    let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
    #expect(store.caller(bearing: text)?.role == .admin)
    let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(rights == 0o600)
    #expect(try FileManager.default.attributesOfItem(atPath: directory.path + "/data")[.posixPermissions] as? Int == 0o700)
    try store.provideAdminToken()
    #expect(store.caller(bearing: text)?.role == .admin)
    // Somebody took the file: its token ends with the next.
    try FileManager.default.removeItem(atPath: path)
    try store.provideAdminToken()
    #expect(store.caller(bearing: text) == nil)
    #expect(store.tokens().count == 1)
  }

  @Test func theDatabaseIsForItsUserAlone() throws {
    let folder = directory.path + "/data"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("node.sqlite") }
    #expect(files.contains("node.sqlite"))
    for file in files { #expect(try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")[.posixPermissions] as? Int == 0o600, "\(file)") }
  }

  @Test func aTenantGoesWithItsTokensAndNotWithFunctions() throws {
    try store.addTenant("acme")
    let text = try store.addToken(tenant: "acme", role: .admin).text
    try store.deploy("hello", try SampleImages.checked(0), tenant: "acme")
    #expect { try store.removeTenant("acme") } throws: { ($0 as? StoreError)?.code == .impossible }
    try store.remove("hello")
    try store.removeTenant("acme")
    #expect(store.caller(bearing: text) == nil)
    #expect { try store.removeTenant("acme") } throws: { ($0 as? StoreError)?.code == .notFound }
    #expect { try store.removeTenant("default") } throws: { ($0 as? StoreError)?.code == .impossible }
    #expect { try store.addTenant("Acme") } throws: { ($0 as? StoreError)?.code == .invalid }
    #expect { try store.addTenant("default") } throws: { ($0 as? StoreError)?.code == .taken }
    #expect { try store.addToken(tenant: "acme", role: .read) } throws: { ($0 as? StoreError)?.code == .notFound }
  }
}
