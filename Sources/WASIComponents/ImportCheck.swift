import ComponentFormat

extension WASIComponents {
  /// - Throws: ``UnofferedImports``, which names everything that a component imports and ``standard`` does not have.
  public static func checkImports(of component: ComponentBinary) throws(UnofferedImports) {
    let missing = component.component.imports.compactMap { item -> String? in
      // A type of values, which a world gives a name: it is what it is, and nobody need offer it.
      if case .type(let id) = item.type, component.types.resource(id) == nil { return nil }
      switch resolve(item.kind) {
      case .offered: return nil
      case .otherVersion(let offered): return "\(item.name) (offered is \(offered))"
      case .unknown: return item.name
      }
    }
    guard missing.isEmpty else { throw UnofferedImports(missing: missing) }
  }

  /// The export that makes a component a command: `wasi:cli/run` of a version that is offered.
  public static func commandExport(of component: ComponentBinary) -> String? { export(of: component, package: "cli", interface: "run") }

  /// The export that makes a component one that answers HTTP requests: `wasi:http/incoming-handler` of a version that is offered.
  public static func handlerExport(of component: ComponentBinary) -> String? {
    export(of: component, package: "http", interface: "incoming-handler")
  }

  private static func export(of component: ComponentBinary, package: String, interface: String) -> String? {
    component.component.exports.first { export in
      guard case .interface(let name) = export.kind, name.namespace == "wasi", name.package == package, name.interface == interface else {
        return false
      }
      return name.version.flatMap { Version($0) }?.isCompatible(with: WASIInterfaces.version) ?? false
    }?.name
  }
}

/// Imports that nothing offers.
public struct UnofferedImports: Error, Sendable, CustomStringConvertible {
  /// The imports' names, and of which other versions there are some.
  public var missing: [String]

  public var description: String {
    "unknown import\(missing.count == 1 ? "" : "s"): nothing offers \(missing.joined(separator: ", ")); offered are \(WASIComponents.offeredText)"
      + (missing.contains { $0.hasPrefix("wasi:") && $0.contains("@0.3.") } ? "; of WASI 0.3 nothing is offered: compile for 0.2 (wasm32-wasip2)" : "")
  }
}
