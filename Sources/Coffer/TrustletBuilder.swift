import CodeObjects
import EdgeCalls
import GuestObjects
import LibOS
import TrustletImage
import WasmCompiler
import WasmFormat

/// Turns a program into an image: decode, validate, generate, compile, link, measure.
///
/// The same module, manifest and toolchain give the same bytes, in any directory and with any number of processors.
public struct TrustletBuilder: Sendable {
  /// How far a build has come: units compiled, of how many.
  public typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

  public var architecture: CPUArchitecture
  public var optimization: CompileJob.Optimization
  public var toolchain: Toolchain
  public var cache: ObjectCache?
  public var progress: Progress?
  public var warn: @Sendable (String) -> Void
  /// How many compilers run at once; nil for one on each processor. It changes nothing of what is built.
  public var workers: Int?
  /// Names of ``OptionalPart``s that no image gets, though its manifest wants them.
  package var partsLeftOut: Set<String> = []

  public init(
    architecture: CPUArchitecture = .host, optimization: CompileJob.Optimization = .speed, toolchain: Toolchain,
    cache: ObjectCache?, progress: Progress? = nil, warn: @escaping @Sendable (String) -> Void = printWarning
  ) {
    self.architecture = architecture
    self.optimization = optimization
    self.toolchain = toolchain
    self.cache = cache
    self.progress = progress
    self.warn = warn
  }

  /// The image of a WebAssembly module that imports nothing but what the library OS offers, or of a component.
  ///
  /// - Throws: ``BuildError``.
  public func image(
    of bytes: [UInt8], manifest: Manifest = Manifest(), files: ImageFiles = ImageFiles()
  ) throws(BuildError) -> TrustletImage {
    if Self.isComponent(bytes) { return try image(ofComponent: bytes, manifest: manifest, files: files) }
    do {
      let module = try Module.decode(bytes, limits: .programs)
      try module.validate()
      try Self.checkMemories(of: module)
      var linker = ProgramLinker(host: Self.hostFunctions(for: manifest, isModule: true))
      _ = try linker.instantiate(module) { _, _ in nil }
      return try image(of: linker, manifest: manifest, files: files)
    } catch {
      throw BuildError(error)
    }
  }

  /// The image of instances that have been linked.
  public func image(
    of linker: ProgramLinker, manifest: Manifest, files: ImageFiles = ImageFiles(), interface: [UInt8] = []
  ) throws(BuildError) -> TrustletImage {
    do {
      let program = linker.program
      try Self.checkTables(of: program, within: manifest.memory)
      var manifest = manifest
      manifest.cpu = architecture.baseline
      let generator = LLVMGenerator(target: architecture.target)
      manifest.generator = "\(generator.name), optimize \(optimization.rawValue)"
      manifest.compiler = toolchain.clangVersion
      let objects = try objects(of: program, generator)
      let treeSize = UInt64(try files.encoded().count)
      let executable = try StaticLinker(toolchain: toolchain, warn: warn).link(
        objects: objects, script: GuestObjects.script,
        definitions: [
          ("COFFER_IMAGE", MemoryMap.image),
          ("coffer_linear_memory", MemoryMap.linearMemory),
          // Calls into the library OS want at least this much of the stack.
          ("coffer_stack_reserve", MemoryMap.stackTop - manifest.stackSize + min(Self.stackReserve, manifest.stackSize / 2)),
          ("coffer_manifest_size", UInt64(try manifest.guestManifest().count)),
          ("coffer_file_tree_size", treeSize),
        ], aliases: OptionalPart.aliases(for: manifest, leftOut: partsLeftOut), architecture: architecture)
      return try ImageBuilder(
        architecture: architecture.rawValue, manifest: manifest, executable: executable,
        machinePages: GuestObjects.machinePages(architecture.rawValue),
        linearMemories: linker.memories.map { type in
          (type.limits.minimum << 16, min(type.limits.maximum ?? 65536, 65536) << 16)
        },
        exports: program.entryPoints.enumerated().map { index, entry in
          var kind = ImageExport.Kind.function
          if case .global = entry.kind { kind = .global }
          return ImageExport(
            instance: UInt32(entry.instance), name: entry.name, kind: kind, entryPoint: UInt32(index), type: entry.type)
        }, instanceCount: UInt32(program.instances.count),
        sourceFunctions: program.instances.count == 1 ? program.instances[0].sourceFunctions : [], interface: interface, files: files
      ).build()
    } catch {
      throw BuildError(error)
    }
  }

  private func objects(
    of program: Program, _ generator: LLVMGenerator
  ) throws -> [(name: String, bytes: [UInt8])] {
    var units: [TranslationUnit] = []
    for instance in program.instances { units += try generator.units(for: instance) }
    units.append(generator.programUnit(for: program))
    let jobs = units.map { CompileJob(name: $0.name, source: $0.source, language: .llvmIR, optimization: optimization) }
    let compiler = ObjectCompiler(
      toolchain: toolchain, architecture: architecture, cache: cache, workers: workers, warn: warn)
    let compiled = try compiler.compile(jobs, progress: progress)
    guard let library = GuestObjects.library(architecture.rawValue) else {
      throw BuildError(stage: .link, message: "this build of Coffer has no library OS for \(architecture.rawValue)")
    }
    return [("library-os", library)] + compiled.map { ($0.name, $0.bytes) }
  }

  /// Elements that all tables of a program may have at the start.
  public static let tableElementLimit: UInt64 = 10_000_000

  /// Modules and components have the same first bytes; what follows is a version, and what it is of.
  static func isComponent(_ bytes: [UInt8]) -> Bool { bytes.count >= 8 && bytes[6] == 1 }

  /// WASI reads and writes the memory that is exported as "memory"; the library OS knows the first as that.
  private static func checkMemories(of module: Module) throws(BuildError) {
    guard !module.imports.isEmpty, let export = module.export(named: "memory"), export.kind == .memory, export.index != 0 else { return }
    throw BuildError(
      stage: .module, message: "the module exports its memory \(export.index) as \"memory\", on which WASI acts; expected the first one, 0")
  }

  /// A table's first elements are part of the image's data, whatever a module claims to need: they count as memory does that a program begins with.
  private static func checkTables(of program: Program, within memory: ByteCount) throws(BuildError) {
    var elements: UInt64 = 0
    for instance in program.instances {
      for table in instance.module.tables {
        let (sum, overflow) = elements.addingReportingOverflow(table.limits.minimum)
        elements = overflow ? .max : sum
      }
    }
    guard elements <= tableElementLimit else {
      throw BuildError(
        stage: .module, message: "the program's tables begin with \(elements) elements; at most \(tableElementLimit) are supported")
    }
    guard elements * bytesOfTableElement <= memory.bytes else {
      throw BuildError(
        stage: .module,
        message: "the program's tables begin with \(elements) elements, of \(bytesOfTableElement) bytes each; 'memory' in the manifest is \(memory)")
    }
  }

  private static let bytesOfTableElement: UInt64 = 8

  private static let stackReserve: UInt64 = 32 * 1024

  /// What the library OS offers to modules.
  package static let hostFunctions: [ProgramLinker.HostFunction] = hostFunctions(for: Manifest(), isModule: true)

  /// ... and to those that may use the network: a module of WASI 0.1 begins with sockets among its descriptors.
  static func hostFunctions(for manifest: Manifest, isModule: Bool) -> [ProgramLinker.HostFunction] {
    let network = manifest.network.isEmpty ? "coffer_network_none" : "coffer_network"
    let type = FunctionType(parameters: types("iiIiii"), results: [.i32])
    return basicFunctions.map { function in
      guard isModule, !manifest.network.isEmpty, function.module == preview1, socketFunctions.contains(function.name) else { return function }
      var changed = function
      changed.symbol = "coffer_network_\(function.name)"
      return changed
    } + [
      ProgramLinker.HostFunction(module: "coffer", name: "network", symbol: network, type: type),
      // The component that offers WASI 0.2 has one module to import.
      ProgramLinker.HostFunction(module: preview1, name: "coffer_network", symbol: network, type: type),
    ]
  }

  private static let preview1 = "wasi_snapshot_preview1"
  /// Those to which a descriptor may be a socket, or which change the numbers of descriptors.
  private static let socketFunctions: Set<String> = [
    "fd_close", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_filestat_get", "fd_read", "fd_renumber", "fd_write", "path_open", "poll_oneoff",
    "sock_accept", "sock_recv", "sock_send", "sock_shutdown",
  ]

  private static let basicFunctions: [ProgramLinker.HostFunction] = [
    ProgramLinker.HostFunction(
      module: "coffer", name: "clone_generation", symbol: "coffer_clone_generation", type: FunctionType(results: [.i64]))
  ] + WASIPreview1.functions.map { function in
    ProgramLinker.HostFunction(
      module: preview1, name: "\(function.name)", symbol: "wasi_snapshot_preview1_\(function.name)",
      type: FunctionType(parameters: types(function.parameters), results: types(function.results)))
  }

  private static func types(_ letters: StaticString) -> [ValueType] {
    "\(letters)".map { $0 == "I" ? .i64 : .i32 }
  }
}

extension CPUArchitecture {
  var target: LLVMTarget {
    switch self {
    case .x86_64: .x86_64
    case .aarch64: .aarch64
    case .riscv64: .riscv64
    }
  }
}

extension Instance {
  /// Where the functions defined here lie in the module's bytes.
  fileprivate var sourceFunctions: [SymbolTable.Symbol] {
    zip(functions.suffix(module.code.count), module.code).map { function, body in
      SymbolTable.Symbol(
        address: UInt64(body.range.lowerBound), size: UInt64(body.range.count), name: function.code)
    }
  }
}
