import ComponentFormat
import ComponentLinking
import ComponentValues
import TrustletImage
import WASIComponents
import WasmCompiler
import WasmFormat

/// Components: whatever they import of WASI 0.2 is linked in, then nothing but core instances is left.
extension TrustletBuilder {
  /// The image of a component that imports nothing but what the providers offer (``ComponentLinker``). A command, which exports
  /// `wasi:cli/run`, becomes what a WASI 0.1 command is: its last instance exports `_start`. So does one that exports
  /// `wasi:http/incoming-handler`, which answers one request (`TrustletImage/httpExport`). Otherwise its functions are the image's exports,
  /// by their names, those of exported instances as "instance#function"; what does not fit into core values goes through its door
  /// (``Door``).
  ///
  /// - Parameter providers: nil for WASI 0.2.
  /// - Throws: ``BuildError``.
  public func image(
    ofComponent bytes: [UInt8], providers: [ComponentBinary]? = nil, missingImports: MissingImportsRule = .refuse,
    manifest: Manifest = Manifest(), files: ImageFiles = ImageFiles()
  ) throws(BuildError) -> TrustletImage {
    do {
      let binary = try ComponentBinary.decode(bytes)
      let answersHTTP = providers == nil && WASIComponents.handlerExport(of: binary) != nil
      let driver = answersHTTP ? try ComponentBinary.decode(WASIComponents.httpDriver) : nil
      let command = WASIComponents.commandExport(of: driver ?? binary)
      let component = try ComponentLinker.link(
        binary, providers: try providers ?? Self.standardProviders(for: binary, missingImports, always: answersHTTP), driver: driver,
        missingImports: missingImports)
      if !component.unsupported.isEmpty {
        warn("the component uses what is not supported here, and traps where it is called: \(component.unsupported.joined(separator: ", "))")
      }
      var linker = ProgramLinker(host: Self.hostFunctions(for: manifest, isModule: false), constantMemory: component.mostUsedMemory)
      let place = try linker.instantiate(component)
      if let command { try Self.addStart(to: &linker, calling: command, of: component, in: place, answersHTTP: answersHTTP) }
      // Of a command nothing else can be called.
      let interface = command == nil ? ComponentFunctions(binary).encoded(limit: TrustletImage.interfaceLimit) : []
      return try image(of: linker, manifest: manifest, files: files, interface: interface)
    } catch {
      throw BuildError(error)
    }
  }

  /// WASI 0.2, if any of it is asked for.
  private static func standardProviders(
    for binary: ComponentBinary, _ missingImports: MissingImportsRule, always: Bool
  ) throws -> [ComponentBinary] {
    guard always || !binary.component.imports.isEmpty else { return [] }
    // Says more of versions than the linker could.
    if missingImports == .refuse { try WASIComponents.checkImports(of: binary) }
    return [try ComponentBinary.decode(WASIComponents.standard)]
  }

  private static func addStart(
    to linker: inout ProgramLinker, calling command: String, of component: LinkedComponent, in place: ComponentInProgram, answersHTTP: Bool
  ) throws {
    guard let index = component.functions.firstIndex(where: { $0.path == [command, "run"] }), index < place.functions.count,
      case .function(let symbol, let type) = linker.program.entryPoints[Int(place.functions[index])].kind
    else { throw BuildError(stage: .module, message: "\(command) has no function \"run\"") }
    let module = try Module.decode(startModule(["_start"] + (answersHTTP ? [TrustletImage.httpExport] : [])))
    try module.validate()
    _ = try linker.instantiate(module) { module, _ in
      module == "command" ? .function(FunctionSymbol(code: symbol, reference: symbol + ".ref", type: type)) : nil
    }
  }

  /// ```wat
  /// (module
  ///   (import "command" "run" (func $run (result i32)))
  ///   (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  ///   (func (export "_start") (if (call $run) (then (call $exit (i32.const 1))))))
  /// ```
  /// - Parameter names: all that the function is exported as.
  private static func startModule(_ names: [String]) -> [UInt8] {
    var bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
    bytes += [0x01, 0x0C, 0x03, 0x60, 0x00, 0x01, 0x7F, 0x60, 0x01, 0x7F, 0x00, 0x60, 0x00, 0x00]
    // The section of imports has 50 bytes: a count, names with their lengths, and kinds with types.
    bytes += [0x02, 0x32, 0x02]
    for (module, function, type) in [("command", "run", UInt8(0)), ("wasi_snapshot_preview1", "proc_exit", 1)] {
      for name in [module, function] {
        bytes.append(UInt8(name.utf8.count))
        bytes += name.utf8
      }
      bytes += [0x00, type]
    }
    bytes += [0x03, 0x02, 0x01, 0x02]
    bytes += [0x07, UInt8(1 + names.reduce(0) { $0 + 3 + $1.utf8.count }), UInt8(names.count)]
    for name in names {
      bytes.append(UInt8(name.utf8.count))
      bytes += name.utf8
      bytes += [0x00, 0x02]
    }
    bytes += [0x0A, 0x0D, 0x01, 0x0B, 0x00, 0x10, 0x00, 0x04, 0x40, 0x41, 0x01, 0x10, 0x01, 0x0B, 0x0B]
    return bytes
  }
}

extension LinkedComponent {
  /// By order of definition: the first memory of the component's own code. Those of adapters, and the one that the library OS's functions act
  /// on, are used less.
  fileprivate var mostUsedMemory: Int {
    instances.flatMap { instance in instance.module.memories.map { _ in instance.isAdapter } }.firstIndex(of: false) ?? 0
  }
}
