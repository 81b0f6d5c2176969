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
  /// Bytes of linear memory; nil for what the manifest allows.
  public var memory: ByteCount?
  /// Wall-clock time; nil for what the manifest allows.
  public var time: TimeSpan?

  public init() {}
}

/// Starts trustlets from images.
public enum TrustletRunner {
  /// A trustlet that has not run yet.
  /// - Throws: ``RunError``, `MachineError`, `EdgeServiceError` or `TrustletError`.
  public static func start(_ image: TrustletImage, _ options: RunOptions) throws -> Trustlet {
    let page = try machinePage(image)
    if let limit = image.manifest.offeredMore(than: options) { throw limit }
    let service = try EdgeService(
      EdgeServiceConfiguration(
        streams: options.streams, directories: options.directories, arguments: options.arguments,
        environment: options.environment))
    let machine = try KVMMachine(image.machineConfiguration(page: page))
    let limits = TrustletLimits(
      memory: options.memory?.bytes ?? .max, time: (options.time ?? image.manifest.time)?.nanoseconds)
    return try Trustlet(machine: machine, service: service, layout: image.layout, limits: limits)
  }

  /// Runs a WASI command: initialises its instances, then calls `_start`.
  public static func runCommand(_ image: TrustletImage, _ trustlet: Trustlet) throws -> Outcome {
    guard let start = image.export("_start", instance: image.instanceCount - 1), start.kind == .function, start.type == FunctionType()
    else { throw RunError.notACommand(exports: image.exports.filter { $0.kind == .function }) }
    var commands = image.initialisation + [.call(entryPoint: start.entryPoint, arguments: [])]
    return trustlet.run { last in
      if case .trapped = last { return nil }
      return commands.isEmpty ? nil : commands.removeFirst()
    }
  }

  /// Runs an exported function once, after `_initialize` if the module has one.
  public static func call(
    _ function: ImageExport, _ arguments: [CommandSlot], of image: TrustletImage, _ trustlet: Trustlet
  ) -> Outcome {
    var commands = image.initialisation
    if let initialize = image.export("_initialize", instance: function.instance), initialize.type.parameters.isEmpty {
      commands.append(.call(entryPoint: initialize.entryPoint, arguments: []))
    }
    // The slots carry the arguments there and the results back.
    let slots = max(function.type.parameters.count, function.type.results.count)
    commands.append(
      .call(
        entryPoint: function.entryPoint,
        arguments: arguments + Array(repeating: CommandSlot(low: 0), count: max(0, slots - arguments.count))))
    return trustlet.run { last in
      if case .trapped = last { return nil }
      return commands.isEmpty ? nil : commands.removeFirst()
    }
  }

  private static func machinePage(_ image: TrustletImage) throws -> [UInt8] {
    guard let page = image.machinePages.first(where: { $0.machine == "kvm" }) else {
      throw RunError.wrongArchitecture(found: image.architecture)
    }
    return page.bytes
  }
}

public enum RunError: Error, Sendable, CustomStringConvertible {
  case notACommand(exports: [ImageExport])
  case wrongArchitecture(found: String)
  case notAllowed(what: String)

  public var description: String {
    switch self {
    case .notACommand(let exports):
      "the program is no WASI command: expected an exported function \"_start\" of type () -> (), found "
        + (exports.isEmpty ? "no exported function" : exports.prefix(20).map { "\(quoted($0.name)) \($0.type)" }.joined(separator: ", "))
        + (exports.isEmpty ? "" : "; call one of them with --invoke 'NAME(ARGUMENTS)'")
    case .wrongArchitecture(let found):
      "the image is for \(found); this machine (kvm) runs x86_64. Build the image again here."
    case .notAllowed(let what): "the image's manifest does not allow \(what)"
    }
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
  /// The commands that every run begins with.
  public var initialisation: [TrustletCommand] { (0..<instanceCount).map { .instantiate(instance: $0) } }

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
          contents: region.contents.isEmpty ? .zero : .bytes(Array(contents(of: region))))
      }, machinePage: page, entry: entry, stackPointer: stackPointer)
  }
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
