import CodeObjects
import Coffer
import EdgeCalls
import Glibc
import KVMMachine
import Machine
import Monitor
import Synchronization
import Testing
import TrustletImage
import WasmCompiler
import WasmFormat
import WasmText

/// What these tests need of the machine that they run on.
enum Needs {
  static let toolchain: Toolchain? = try? Toolchain.locate(environment: environment)
  static let environment: [String: String] = ["COFFER_CLANG", "COFFER_LINKER", "PATH"].reduce(into: ["COFFER_CACHE": ""]) {
    (result: inout [String: String], name) in
    if let value = getenv(name) { result[name] = String(cString: value) }
  }
  static let areMet = KVMMachine.availability().isAvailable && toolchain != nil
  static let finding: Comment =
    "needs KVM and LLVM: \(KVMMachine.availability().finding); clang \(toolchain == nil ? "was not found" : "was found")"

  static func builder(_ optimization: CompileJob.Optimization = .speed) throws -> TrustletBuilder {
    TrustletBuilder(optimization: optimization, toolchain: try #require(toolchain), cache: nil)
  }
}

/// Where the memory of a program lies for its code.
enum MemoryPlace: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// The image's memory 0.
  case constantAddress
  /// A further one.
  case baseRegister

  var testDescription: String { rawValue }
}

/// How a program is to be built.
struct Variant: Sendable, Hashable, CustomTestStringConvertible {
  var optimization: CompileJob.Optimization
  var place: MemoryPlace

  var testDescription: String { "optimize \(optimization.rawValue), \(place.rawValue)" }

  static let all = CompileJob.Optimization.allCases.flatMap { optimization in
    MemoryPlace.allCases.map { Variant(optimization: optimization, place: $0) }
  }
  static let standard = Variant(optimization: .speed, place: .constantAddress)
}

/// A module in the text format, made into images: each variant once.
final class TestProgram: Sendable {
  private let text: String
  private let manifest: Manifest
  private let images = Mutex<[Variant: TrustletImage]>([:])

  init(_ text: String, manifest: Manifest = Manifest()) {
    self.text = text
    self.manifest = manifest
  }

  func module() throws -> [UInt8] { try Wat.encode(Array(text.utf8)) }

  func image(_ variant: Variant = .standard) throws -> TrustletImage {
    if let image = images.withLock({ $0[variant] }) { return image }
    let builder = try Needs.builder(variant.optimization)
    let image: TrustletImage
    switch variant.place {
    case .constantAddress: image = try builder.image(of: try module(), manifest: manifest)
    case .baseRegister:
      // An instance before this one takes the constant address.
      var linker = ProgramLinker(host: TrustletBuilder.hostFunctions)
      for bytes in [try Wat.encode(Array("(module (memory 1))".utf8)), try self.module()] {
        let module = try Module.decode(bytes)
        try module.validate()
        _ = try linker.instantiate(module) { _, _ in nil }
      }
      image = try builder.image(of: linker, manifest: manifest)
    }
    images.withLock { $0[variant] = image }
    return image
  }

  func start(
    _ variant: Variant = .standard, on kind: any MachineKind = KVMMachineKind.shared, time: TimeSpan = .seconds(60),
    processorTime: TimeSpan? = nil, memory: ByteCount? = nil, arguments: [String] = []
  ) throws -> RunningProgram {
    try RunningProgram(try image(variant), on: kind, time: time, processorTime: processorTime, memory: memory, arguments: arguments)
  }
}

/// A trustlet whose instances have been initialised.
final class RunningProgram {
  let image: TrustletImage
  let trustlet: Trustlet
  private let functions: [String: ImageExport]

  init(
    _ image: TrustletImage, on kind: any MachineKind = KVMMachineKind.shared, time: TimeSpan, processorTime: TimeSpan? = nil,
    memory: ByteCount? = nil, output: Int32? = nil, arguments: [String] = []
  ) throws {
    self.image = image
    var options = RunOptions()
    options.arguments = arguments
    options.streams = .init(input: nil, output: output, errors: output)
    options.time = time
    options.cpuTime = processorTime
    options.memory = memory
    trustlet = try TrustletRunner.start(image, options, on: kind)
    functions = Dictionary(
      image.exports.filter { $0.instance == image.instanceCount - 1 }.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for command in image.initialisation { try #require(trustlet.perform(command) == .finished([])) }
  }

  func call(_ name: String, _ arguments: UInt64...) throws -> Outcome { try call(name, arguments) }

  func call(_ name: String, _ arguments: [UInt64]) throws -> Outcome {
    let function = try #require(functions[name], "there is no export \(name)")
    var slots = arguments.map { CommandSlot(low: $0) }
    try #require(slots.count == function.type.parameters.count)
    while slots.count < function.type.results.count { slots.append(CommandSlot(low: 0)) }
    return trustlet.perform(.call(entryPoint: function.entryPoint, arguments: slots))
  }

  /// The result of a function that must go well; an i32 in its low half.
  func value(_ name: String, _ arguments: UInt64...) throws -> UInt64 {
    let outcome = try call(name, arguments)
    guard case .finished(let slots) = outcome, let slot = slots.first else {
      throw Unexpected(description: "\(name)\(arguments): \(outcome)")
    }
    return functions[name]?.type.results.first == .i32 ? slot.low & 0xFFFF_FFFF : slot.low
  }

  struct Unexpected: Error, CustomStringConvertible { let description: String }
}

extension Outcome {
  var trapKind: TrapKind? {
    if case .trapped(let trap) = self { return trap.kind }
    return nil
  }

  var isFinished: Bool {
    if case .finished = self { return true }
    return false
  }
}
