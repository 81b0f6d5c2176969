import Coffer
import Machine
import TrustletImage
import WasmFormat
import WasmText

/// A script of WebAssembly's specification suite (`.wast`), run inside trustlets: its modules are linked into one image, and what it
/// does with them is done to a trustlet of that image.
public struct SpecificationScript: Sendable {
  private let script: Script
  /// What its core modules may be; those in components may have what `ComponentLimits` allows.
  public var limits = DecodingLimits.default

  public init(_ source: [UInt8]) throws {
    script = try Script.parse(source)
  }

  /// - Throws: when the file cannot be read or is no script.
  public init(path: String) throws {
    try self.init(try ScriptFile.contents(of: path))
  }

  /// Runs the script; failures to build or to start are thrown, all others are counted.
  /// - Parameters:
  ///   - machine: What isolates the trustlets.
  ///   - eachMemory: Once for each of its memories, with that one at the address that generated code has as a constant.
  public func run(
    _ builder: TrustletBuilder, on machine: any MachineKind = MachineChoice.kvm.kind, eachMemory: Bool = false
  ) throws -> Tally {
    var tally = Tally()
    // The first memory is spectest's; the script's own are more interesting.
    var choice = 1
    repeat {
      let plan = try ScriptPlan(script, constantMemory: choice, limits: limits)
      if plan.linker.memories.count <= choice {
        return try tally + Self.run(try ScriptPlan(script, constantMemory: 0, limits: limits), builder, machine)
      }
      tally = tally + (try Self.run(plan, builder, machine))
      choice += 1
      if choice >= plan.linker.memories.count { break }
    } while eachMemory
    return tally
  }

  private static func run(_ plan: ScriptPlan, _ builder: TrustletBuilder, _ machine: any MachineKind) throws -> Tally {
    // Nothing but spectest to instantiate, and nothing to call.
    guard plan.steps.count > 1 else { return plan.tally }
    var manifest = Manifest()
    manifest.memory = Manifest.memoryLimit
    let image = try builder.image(of: plan.linker, manifest: manifest)
    return try plan.tally + ScriptRun(image: image, machine: machine).run(plan.steps)
  }
}
