import ComponentFormat

/// Puts a component and WASI together into one: its imports are bound to what ``WASIComponents/standard`` exports.
public enum Composition {
  /// A component that imports the library OS at most, and exports what the given one exports under some of its names.
  ///
  /// The result is to be decoded, which compares the types of what is imported and offered.
  /// - Parameters:
  ///   - component: a component file, decoded.
  ///   - exports: of its exports, instances to be exported again; nil for all functions and instances.
  /// - Throws: ``CompositionError`` that names everything that is not offered.
  public static func compose(_ component: ComponentBinary, exports: [String]?) throws(CompositionError) -> [UInt8] {
    var found: [(name: String, export: String)] = []
    var missing: [String] = []
    for item in component.component.imports {
      switch WASIComponents.resolve(item.kind) {
      case .offered(let export): found.append((item.name, export))
      case .otherVersion(let offered): missing.append("\(item.name) (offered is \(offered))")
      case .unknown: missing.append(item.name)
      }
    }
    guard missing.isEmpty else { throw CompositionError(missing: missing) }

    var writer = ComponentWriter()
    var arguments: [(name: String, sort: ComponentWriter.Sort, index: UInt32)] = []
    if !found.isEmpty {
      let type = writer.coreType(StandardComponent.libraryOSType(of: WASIComponents.core))
      let system = writer.imported(WASIComponents.libraryOSImport, .coreModule(type: type))
      let standard = writer.component(WASIComponents.standard)
      let instance = writer.instance(of: standard, with: [(WASIComponents.libraryOSImport, .coreModule, system)])
      arguments = found.map { ($0.name, .instance, writer.alias(.instance, $0.export, of: instance)) }
    }
    let made = writer.instance(of: writer.component(component.bytes), with: arguments)
    for export in component.component.exports where exports?.contains(export.name) ?? true {
      let sort: ComponentWriter.Sort
      switch export.type {
      case .function: sort = .function
      case .instance: sort = .instance
      case .coreModule, .type, .component: continue
      }
      _ = writer.exported(export.name, sort, writer.alias(sort, export.name, of: made))
    }
    return writer.finished()
  }

  /// The export that makes a component a command: `wasi:cli/run` of a version that is offered.
  public static func commandExport(of component: ComponentBinary) -> String? {
    component.component.exports.first { export in
      guard case .interface(let name) = export.kind, name.namespace == "wasi", name.package == "cli", name.interface == "run" else { return false }
      return name.version.flatMap { Version($0) }?.isCompatible(with: WASIInterfaces.version) ?? false
    }?.name
  }
}

/// Imports that nothing offers.
public struct CompositionError: Error, Sendable, CustomStringConvertible {
  /// The imports' names, and of which other versions there are some.
  public var missing: [String]

  public var description: String {
    "unknown import\(missing.count == 1 ? "" : "s"): nothing offers \(missing.joined(separator: ", ")); offered are \(WASIComponents.offeredText)"
  }
}
