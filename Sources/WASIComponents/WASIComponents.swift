import ComponentFormat
import EmbeddedBytes
import WasmFormat

/// WASI 0.2 as a component: it offers the interfaces and takes WASI 0.1 from the library OS, which knows nothing of it.
public enum WASIComponents {
  /// The component, in the binary format. It imports one core module, ``libraryOSImport``, and exports an instance for each interface.
  public static let standard: [UInt8] = {
    var component = StandardComponent(core: core)
    return component.binary()
  }()

  /// What the C files in `Components/wasi` became.
  static let core: Module = {
    do throws(WasmError) {
      return try Module.decode(EmbeddedBytes.decoded(WASIModule.base64))
    } catch {
      preconditionFailure("the build made a module that is none: \(error)")
    }
  }()

  /// The import by which the component takes the functions of `wasi_snapshot_preview1`, and the memory that they act on.
  public static let libraryOSImport = StandardComponent.libraryOS
  /// The names of the interfaces with their version, as ``standard`` exports them: "wasi:io/error@0.2.12".
  public static let offered: [String] = offeredInterfaces.map { exportName(of: $0.name) }

  /// All but the one that is for this room's own driver.
  private static var offeredInterfaces: some Sequence<Interface> {
    InterfaceParser.standard.lazy.filter { $0.name != WASIInterfaces.nodeInterface }
  }

  /// The same for people: packages, and the interfaces of each.
  static var offeredText: String {
    var packages: [(name: String, interfaces: [String])] = []
    for interface in offeredInterfaces {
      let parts = interface.name.split(separator: "/").map(String.init)
      if packages.last?.name != parts[0] { packages.append((parts[0], [])) }
      packages[packages.count - 1].interfaces.append(parts[1])
    }
    return packages.map { "wasi:\($0.name)/{\($0.interfaces.joined(separator: ","))}" }.joined(separator: " ")
      + " of version \(WASIInterfaces.version)"
  }

  static func exportName(of interface: String) -> String {
    "\(interface == WASIInterfaces.nodeInterface ? "coffer" : "wasi"):\(interface)@\(WASIInterfaces.version)"
  }

  /// What is offered for an import, by its name.
  public enum Resolution: Sendable, Hashable {
    /// The export of ``standard`` that it is.
    case offered(String)
    /// The interface is offered, but this version of it is not compatible.
    case otherVersion(offered: String)
    case unknown
  }

  /// What a component's import of that name gets.
  public static func resolve(_ name: ExternName) -> Resolution {
    guard case .interface(let name) = name, name.namespace == "wasi" else { return .unknown }
    let interface = "\(name.package)/\(name.interface)"
    guard offeredInterfaces.contains(where: { $0.name == interface }) else { return .unknown }
    let export = exportName(of: interface)
    guard let version = name.version.flatMap({ Version($0) }), version.isCompatible(with: WASIInterfaces.version) else {
      return .otherVersion(offered: export)
    }
    return .offered(export)
  }
}
