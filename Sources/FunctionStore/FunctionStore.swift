import FunctionDispatch
import GRDB
import Glibc
import Synchronization

/// A node's state: tenants, tokens, functions with their revisions and images. What a call needs is read from memory; every change is on the disk
/// before anybody hears of it, and done whole or not at all, whenever the process ends.
///
/// Methods that change something wait for the disk: they are not for an event loop.
public final class FunctionStore: Sendable {
  /// Revisions of a function that get no calls and are kept for a rollback; older ones go.
  public static let keptRevisions = 10

  let directory: DataDirectory
  let images: ImageFolder
  private let database: NodeDatabase
  private let catalogue = Mutex(Catalogue())
  private let routeListener = Mutex<Listener<Route?>?>(nil)
  private let limitListener = Mutex<Listener<TenantLimits?>?>(nil)

  /// A closure in a value of its own: in a mutex by itself it would be wrapped once more whenever it is looked at, so that each deployment took longer than
  /// the one before, and the stack was full after some ten thousands.
  private struct Listener<Told>: Sendable {
    let tell: @Sendable (String, Told) -> Void
  }
  private let clock: @Sendable () -> Int64

  /// Opens what is there, or makes it.
  /// - Parameters:
  ///   - patience: seconds that another program may hold the database.
  ///   - clock: seconds since 1970. Only for people: nothing is decided by it.
  public init(
    directory path: String, patience: Double = 5, clock: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
  ) throws(StoreError) {
    directory = try DataDirectory(path)
    images = ImageFolder(path: directory.images)
    database = try NodeDatabase(path: directory.database, patience: patience)
    self.clock = clock
    try load()
  }

  var now: Int64 { clock() }

  private func load() throws(StoreError) {
    let (changes, files, sources) = try database.read { database in
      (
        try FunctionRows.everything(database), Set(try String.fetchAll(database, sql: "SELECT DISTINCT file FROM revisions")),
        Set(try String.fetchAll(database, sql: "SELECT source FROM builds"))
      )
    }
    catalogue.withLock { $0.publish(changes, images: images) }
    try images.sweep(keeping: files)
    for name in try FileSystem.names(in: directory.sources) where !sources.contains(name) {
      FileSystem.remove("\(directory.sources)/\(name)")
    }
    for name in try FileSystem.names(in: directory.path) where name.hasPrefix(FileSystem.temporaryPrefix) {
      FileSystem.remove("\(directory.path)/\(name)")
    }
    if tenant(TenantRecord.standard) == nil { try addTenant(TenantRecord.standard) }
  }

  /// One transaction, and what it changed made known in the order of transactions.
  /// - Parameter caller: who asks for it; nil for the node itself. A token that was removed changes nothing any more, however long its request took.
  func change<Result>(
    by caller: Caller? = nil, _ body: (Database, inout CatalogueChanges) throws -> Result
  ) throws(StoreError) -> Result {
    try database.write(
      { database in
        if let caller { guard try Self.exists(token: caller.token, database) else { throw Self.removedToken } }
        var changes = CatalogueChanges()
        let result = try body(database, &changes)
        return (result, changes)
      },
      committed: { result in
        let routes = catalogue.withLock { catalogue in
          catalogue.publish(result.1, images: images)
          return result.1.functions.keys.map { ($0, catalogue.routes[$0]) }
        }
        if let listener = routeListener.withLock({ $0 }) { for (name, route) in routes { listener.tell(name, route) } }
        if let listener = limitListener.withLock({ $0 }) {
          for (name, tenant) in result.1.tenants { listener.tell(name, tenant?.limits) }
        }
      }
    ).0
  }

  /// From now on tells of each function where its calls go, whenever that has changed; nil for one that was removed.
  public func whenRouted(_ body: @escaping @Sendable (_ function: String, Route?) -> Void) { routeListener.withLock { $0 = Listener(tell: body) } }

  /// Tells now and from now on what each tenant may have; nil for one that was removed.
  public func whenLimited(_ body: @escaping @Sendable (_ tenant: String, TenantLimits?) -> Void) {
    limitListener.withLock { $0 = Listener(tell: body) }
    for tenant in tenants { body(tenant.name, tenant.limits) }
  }

  func look<Result: Sendable>(_ body: (borrowing Catalogue) -> Result) -> Result { catalogue.withLock { body($0) } }

  func fetch<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result { try database.read(body) }
}

extension FunctionStore: FunctionCatalogue {
  public func route(_ function: String) -> Route? { look { $0.routes[function] } }
}

extension FunctionStore {
  public func function(_ name: String) -> FunctionRecord? { look { $0.functions[name] } }

  /// As they are now. What holds many of them costs a deployment at the same time a copy, and calls nothing.
  public var functionsByName: [String: FunctionRecord] { look { $0.functions } }

  /// Sorted by name.
  /// - Parameter tenant: nil for all.
  public func functions(of tenant: String? = nil) -> [FunctionRecord] {
    let sorted = sorted
    return tenant == nil ? sorted : sorted.filter { $0.tenant == tenant }
  }

  /// A part of the list that is sorted by name: at most `limit` behind the name `after`, and whether there are more.
  public func functions(of tenant: String? = nil, after: String, limit: Int) -> (functions: [FunctionRecord], isMore: Bool) {
    let sorted = sorted
    // Behind those that are not wanted.
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].name <= after { low = middle + 1 } else { high = middle }
    }
    var found: [FunctionRecord] = []
    for function in sorted[low...] where tenant == nil || function.tenant == tenant {
      guard found.count < limit else { return (found, true) }
      found.append(function)
    }
    return (found, false)
  }

  /// By name; sorted anew when the first asks after a change, not for each who asks.
  private var sorted: [FunctionRecord] {
    let (known, version) = catalogue.withLock { ($0.sorted, $0.version) }
    if let known { return known }
    let sorted = functionsByName.values.sorted { $0.name < $1.name }
    catalogue.withLock { if $0.version == version { $0.sorted = sorted } }
    return sorted
  }

  public var functionCount: Int { look { $0.functions.count } }

  /// Revisions that are said to be there, and whose images are not: somebody took them from the directory.
  public func missingImages() -> [(function: String, measurement: String)] {
    // Many functions may have one image.
    var known: [String: Bool] = [:]
    return functions().flatMap { function in
      function.revisions.filter { revision in
        let key = "\(revision.file) \(revision.size)"
        let exists = known[key] ?? images.exists(revision.file, size: Int(revision.size))
        known[key] = exists
        return !exists
      }.map { (function.name, $0.measurement) }
    }
  }
}
