import EdgeCalls
import Machine
import Monitor
import TrustletImage

/// An image that has been started once, so that every run begins where that start was kept.
///
/// Kept is the memory behind the initialisation (instances, start functions, `_initialize`) if nothing was used there that two runs must not share, or
/// if the manifest says `snapshot: after-init`; otherwise the memory before it, and each run initialises itself.
public struct ApplicationTemplate: Sendable {
  public let image: TrustletImage
  public let template: TrustletTemplate
  /// Why the initialisation is not part of the template; empty where it is.
  public let obstacles: [String]
  private let remaining: [TrustletCommand]

  /// - Parameter time: nanoseconds that the initialisation may take.
  /// - Throws: ``RunError``, `MachineError`, `EdgeServiceError` or `TrustletError`.
  public init(_ image: TrustletImage, on kind: any MachineKind, time: UInt64 = 10_000_000_000) throws {
    self.image = image
    let initialisation = image.fullInitialisation
    let first = try Self.start(image, kind, time)
    var commands = initialisation.isEmpty ? [.nothing] : initialisation
    let outcome = first.run { last in
      if case .trapped = last { return nil }
      return commands.isEmpty ? nil : commands.removeFirst()
    }
    if case .finished = outcome, first.used == 0 || image.manifest.snapshot == .afterInit {
      template = try first.makeTemplate()
      obstacles = []
      remaining = []
      return
    }
    obstacles = if case .finished = outcome { Self.names(first.used) } else { [Self.ending(outcome, image)] }
    remaining = initialisation
    let second = try Self.start(image, kind, time)
    guard case .finished = second.perform(.nothing) else { throw RunError.notStarted }
    template = try second.makeTemplate()
  }

  /// What a run of a WASI command begins with, and ends with.
  public func runCommand(_ trustlet: Trustlet) throws -> Outcome {
    try TrustletRunner.runCommand(image, trustlet)
  }

  /// Runs an exported function once.
  public func call(_ function: ImageExport, _ arguments: [CommandSlot], on trustlet: Trustlet) -> Outcome {
    TrustletRunner.run((trustlet.continues ? [] : remaining) + [function.command(arguments)], on: trustlet)
  }

  private static func start(_ image: TrustletImage, _ kind: any MachineKind, _ time: UInt64) throws -> Trustlet {
    var options = RunOptions()
    options.streams = EdgeServiceConfiguration.StandardStreams(input: nil, output: nil, errors: nil)
    options.time = TimeSpan(nanoseconds: time)
    return try TrustletRunner.start(image, options, on: kind)
  }

  private static func ending(_ outcome: Outcome, _ image: TrustletImage) -> String {
    switch outcome {
    case .finished: "the initialisation finished"
    case .exited(let status): "the initialisation ended the program with status \(status)"
    case .trapped(let trap): "the initialisation ended with a \(TrapDescription(trap, in: image))"
    case .timedOut, .processorTimeUsedUp, .stopped: "the initialisation took too long"
    case .killed(let reason), .failed(let reason): "the initialisation did not finish: \(reason)"
    }
  }

  private static func names(_ used: UInt64) -> [String] {
    InitialisationUse.names.enumerated().filter { used >> UInt64($0.offset) & 1 != 0 }.map { "the initialisation used \($0.element)" }
  }
}
