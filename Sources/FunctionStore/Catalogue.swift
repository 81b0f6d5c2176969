import FunctionDispatch

/// All that requests ask for, in memory.
struct Catalogue {
  var functions: [String: FunctionRecord] = [:]
  var routes: [String: Route] = [:]
  var tenants: [String: TenantRecord] = [:]
  /// By their public part.
  var tokens: [String: TokenRecord] = [:]

  /// The functions by name, if somebody has asked since the last change.
  var sorted: [FunctionRecord]?
  /// Of the functions: another one after each change.
  var version: UInt64 = 0

  mutating func publish(_ changes: CatalogueChanges, images: ImageFolder) {
    if !changes.functions.isEmpty {
      sorted = nil
      version &+= 1
    }
    for (name, record) in changes.functions {
      functions[name] = record
      routes[name] = record.map { Self.route($0, images) }
    }
    for (name, record) in changes.tenants { tenants[name] = record }
    for (identifier, record) in changes.tokens { tokens[identifier] = record }
  }

  private static func route(_ record: FunctionRecord, _ images: ImageFolder) -> Route {
    Route(
      tenant: record.tenant, function: record.name,
      revisions: record.serving.map { revision in
        Route.Share(
          revision: Revision(
            measurement: revision.measurement, imageFile: images.path(of: revision.file), settings: revision.settings.serving),
          percent: revision.percent)
      })
  }
}

/// What a transaction has changed, as it will be after it; nil for what is gone.
struct CatalogueChanges {
  var functions: [String: FunctionRecord?] = [:]
  var tenants: [String: TenantRecord?] = [:]
  var tokens: [String: TokenRecord?] = [:]
}
