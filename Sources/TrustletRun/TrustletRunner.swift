import EdgeCalls
import KVMMachine
import Machine
import Monitor
import TrustletImage
import WasmFormat

/// What a user decides about one run.
public struct RunOptions: Sendable {
  /// The program's name is the first.
  public var arguments: [String] = []
  /// "NAME=VALUE".
  public var environment: [String] = []
  public var directories: [EdgeServiceConfiguration.Directory] = []
  public var streams = EdgeServiceConfiguration.StandardStreams()
  // Limits: each can only lower what the manifest allows; nil for just that.
  /// Of all linear memories together.
  public var memory: ByteCount?
  /// Wall-clock time.
  public var time: TimeSpan?
  /// Bytes of scratch space, and descriptors of the program; nil for what the manifest allows, which is the most in any case.
  public var scratchLimit: ByteCount?
  public var openFiles: UInt32?
  public var cpuTime: TimeSpan?
  /// Bytes written to standard output, standard error and files of the host.
  public var output: ByteCount?
  /// Fetches what the manifest wants of a broker.
  public var secrets: (any SecretSource)?
  /// Carries out what the image's rules for the network permit, or less; nil for no network.
  public var network: (any NetworkGate)?
  /// The file behind the manifest's sealed directory.
  public var volume: HostVolume?
  /// ``EdgeServiceConfiguration/answersDoorbells``.
  public var answersDoorbells = true

  public init() {}
}

/// Starts trustlets from images.
public enum TrustletRunner {
  /// A trustlet that has not run yet.
  /// - Throws: ``RunError``, `MachineError`, `EdgeServiceError` or `TrustletError`.
  public static func start(
    _ image: TrustletImage, _ options: RunOptions, on kind: any MachineKind = KVMMachineKind.shared
  ) throws -> Trustlet {
    try start(image, service(image, options), limits(image, options), on: kind)
  }

  /// As above, with a service that the caller has made.
  public static func start(
    _ image: TrustletImage, _ service: EdgeService, _ limits: TrustletLimits, on kind: any MachineKind
  ) throws -> Trustlet {
    guard let page = image.machinePages.first(where: { $0.machine == kind.name }) else {
      throw RunError.noMachinePage(machine: kind.name, found: image.machinePages.map(\.machine), architecture: image.architecture)
    }
    let machine = try kind.make(image.machineConfiguration(page: page.bytes))
    return try Trustlet(machine: machine, service: service, layout: image.layout, limits: limits)
  }

  /// What serves one run's edge calls.
  /// - Throws: ``RunError``, `EdgeServiceError`.
  public static func service(_ image: TrustletImage, _ options: RunOptions) throws -> EdgeService {
    if let obstacle = image.manifest.offeredMore(than: options) ?? image.obstacle(to: options) { throw obstacle }
    var configuration = EdgeServiceConfiguration(
      streams: options.streams, directories: options.directories, arguments: options.arguments, environment: options.environment,
      limits: EdgeServiceConfiguration.Limits(
        writtenBytes: RunLimits(image, options).output?.value.bytes ?? .max, scratchBytes: options.scratchLimit?.bytes ?? .max,
        programFiles: options.openFiles ?? .max), answersDoorbells: options.answersDoorbells)
    configuration.secrets = options.secrets
    configuration.network = options.network
    configuration.volume = options.volume
    return try EdgeService(configuration)
  }

  /// What the manifest and the run's options allow together.
  public static func limits(_ image: TrustletImage, _ options: RunOptions) -> TrustletLimits {
    let limits = RunLimits(image, options)
    return TrustletLimits(
      memory: limits.memory.value.bytes, time: limits.time?.value.nanoseconds, processorTime: limits.cpuTime?.value.nanoseconds)
  }

  /// Runs a WASI command: initialises its instances, then calls `_start`.
  public static func runCommand(_ image: TrustletImage, _ trustlet: Trustlet) throws -> Outcome {
    run([.start(entryPoint: try image.commandEntry())], on: trustlet)
  }

  /// Runs an exported function once, after `_initialize` if the module has one.
  public static func call(
    _ function: ImageExport, _ arguments: [CommandSlot], of image: TrustletImage, _ trustlet: Trustlet
  ) -> Outcome {
    run(image.initialisation(before: function) + [function.command(arguments)], on: trustlet)
  }

  /// Runs commands until one of them traps.
  static func run(_ commands: [TrustletCommand], on trustlet: Trustlet) -> Outcome {
    var commands = commands[...]
    return trustlet.run { last in
      if case .trapped = last { return nil }
      return commands.popFirst()
    }
  }
}

/// Why an image was not run: nothing of it has run yet.
public enum RunError: Error, Sendable, CustomStringConvertible {
  case notACommand(exports: [ImageExport])
  case noMachinePage(machine: String, found: [String], architecture: String)
  case notStarted
  case notAllowed(what: String)
  case fixedVariable(name: String)
  case tooFewOpenFiles(limit: String, needed: Int)
  case scratchIsThere(guestPath: String)
  case directoryGivenTwice(guestPath: String)

  public var description: String {
    switch self {
    case .notACommand(let exports):
      "the program is no WASI command: expected an exported function \"_start\" of type () -> (), or of a component wasi:cli/run, found "
        + (exports.isEmpty ? "no exported function" : Self.list(exports))
        + (exports.isEmpty ? "" : "; call one of them with --invoke 'NAME(ARGUMENTS)'")
    case .noMachinePage(let machine, let found, let architecture):
      "the image is for \(architecture) and machine \(found.isEmpty ? "none" : found.joined(separator: ", ")); this run wants machine \(machine): build the image again with this version of coffer, for this processor"
    case .notStarted: "the library OS did not start: build the image again with this version of coffer"
    case .notAllowed(let what):
      "the image's manifest does not allow \(what): leave that out, or build the image with a manifest whose key host allows it"
    case .fixedVariable(let name):
      "the environment variable \(quoted(name)) is set by the image's manifest or given twice: give no other value, or give one"
    case .scratchIsThere(let path):
      "the program's scratch space lies at \(quoted(path)), where a directory of the host was offered too (--dir): give one of them another place"
    case .directoryGivenTwice(let path):
      "two directories of the host were offered at \(quoted(path)) (--dir), and the program would find one of them: give one of them another place"
    case .tooFewOpenFiles(let limit, let needed):
      "the limit of open files is \(limit), and the program starts with \(needed): its standard streams, and a directory each "
        + "for the image's files, for scratch space and for --dir; raise the limit, or give fewer"
    }
  }
}

extension RunError {
  /// A component's exports carry core types, which are not those that its caller gives, and stand beside those through which arguments go in.
  private static func list(_ exports: [ImageExport]) -> String {
    let own = exports.filter { !$0.name.hasPrefix("door ") }
    let isComponent = own.count < exports.count || own.contains { $0.name.contains("#") }
    return own.prefix(20).map { isComponent ? quoted($0.name) : "\(quoted($0.name)) \($0.type)" }.joined(separator: ", ")
      + (own.count > 20 ? " and \(own.count - 20) more" : "")
  }
}

extension Manifest {
  /// The library OS would leave out what the manifest forbids; a user would rather be told.
  fileprivate func offeredMore(than options: RunOptions) -> RunError? {
    if host.directories == .none && !options.directories.isEmpty { return .notAllowed(what: "directories of the host (--dir)") }
    if host.directories == .read && options.directories.contains(where: \.writable) {
      return .notAllowed(what: "writable directories of the host (--dir ...:rw)")
    }
    if !host.environment && !options.environment.isEmpty { return .notAllowed(what: "environment variables of the host (--env)") }
    if !host.arguments && options.arguments.count > 1 { return .notAllowed(what: "arguments of the host") }
    return nil
  }
}

extension TrustletImage {
  /// What the library OS would refuse to start with, in words that it does not have.
  fileprivate func obstacle(to options: RunOptions) -> RunError? {
    var names = Set(manifest.environment.keys)
    for entry in options.environment {
      let name = String(entry.prefix { $0 != "=" })
      guard names.insert(name).inserted else { return .fixedVariable(name: name) }
    }
    var places: Set<[Substring]> = []
    for directory in options.directories {
      guard places.insert(Self.names(of: directory.guestPath)).inserted else { return .directoryGivenTwice(guestPath: directory.guestPath) }
    }
    if let scratch = manifest.scratch?.path,
      let directory = options.directories.first(where: { Self.names(of: $0.guestPath) == Self.names(of: scratch) })
    {
      return .scratchIsThere(guestPath: directory.guestPath)
    }
    let limit = RunLimits(self, options).openFiles
    var needed = 3 + (manifest.scratch == nil ? 0 : 1) + (manifest.sealed == nil ? 0 : 1) + options.directories.count
    // The tree may be long: it is read only where it decides.
    if limit.value == needed, files.count > 1 { needed += 1 }
    return limit.value < needed ? .tooFewOpenFiles(limit: limit.description, needed: needed) : nil
  }

  /// Of a path, which can be written in more than one way.
  private static func names(of path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }

  /// The commands that every run begins with.
  public var initialisation: [TrustletCommand] { (0..<instanceCount).map { .instantiate(instance: $0) } }

  /// ... and, for a module without `_start`, its `_initialize`.
  var fullInitialisation: [TrustletCommand] {
    guard instanceCount > 0 else { return initialisation }
    let last = instanceCount - 1
    guard export("_start", instance: last) == nil, let initialize = export("_initialize", instance: last),
      initialize.kind == .function, initialize.type == FunctionType()
    else { return initialisation }
    return initialisation + [.call(entryPoint: initialize.entryPoint, arguments: [])]
  }

  func initialisation(before function: ImageExport) -> [TrustletCommand] {
    guard let initialize = export("_initialize", instance: function.instance), initialize.kind == .function,
      initialize.type == FunctionType()
    else { return initialisation }
    return initialisation + [.call(entryPoint: initialize.entryPoint, arguments: [])]
  }

  /// - Throws: ``RunError/notACommand(exports:)``.
  func commandEntry() throws -> UInt32 {
    guard instanceCount > 0, let start = export("_start", instance: instanceCount - 1), start.kind == .function,
      start.type == FunctionType()
    else { throw RunError.notACommand(exports: exports.filter { $0.kind == .function }) }
    return start.entryPoint
  }

  fileprivate var layout: TrustletLayout {
    var memories: [TrustletLayout.LinearMemory] = []
    var stack: Range<UInt64> = MemoryMap.stackTop..<MemoryMap.stackTop
    for region in regions {
      switch region.kind {
      case .linearMemory:
        memories.append(
          TrustletLayout.LinearMemory(address: region.address, size: region.size, sizeLimit: region.sizeLimit))
      case .stack: stack = region.address..<region.address + region.size
      default: break
      }
    }
    return TrustletLayout(linearMemories: memories, stack: stack)
  }

  fileprivate func machineConfiguration(page: [UInt8]) -> MachineConfiguration {
    MachineConfiguration(
      regions: regions.map { region in
        MachineRegion(
          address: region.address, size: region.size, sizeLimit: region.sizeLimit, rights: region.rights.machineRights,
          contents: region.contents.isEmpty ? .zero : .kept(contents(of: region).kept))
      }, machinePage: page, entry: entry, stackPointer: stackPointer)
  }
}

extension ImageBytes {
  fileprivate var kept: KeptBytes { withUnsafeBytes { KeptBytes($0, keeper: keeper) } }
}

extension ImageRights {
  fileprivate var machineRights: MemoryRights {
    var rights: MemoryRights = []
    if contains(.read) { rights.insert(.read) }
    if contains(.write) { rights.insert(.write) }
    if contains(.execute) { rights.insert(.execute) }
    return rights
  }
}

extension ImageExport {
  /// A call of it. The slots carry the arguments there and the results back.
  func command(_ arguments: [CommandSlot]) -> TrustletCommand {
    let slots = max(type.parameters.count, type.results.count)
    return .call(
      entryPoint: entryPoint,
      arguments: arguments + Array(repeating: CommandSlot(low: 0), count: max(0, slots - arguments.count)))
  }
}
