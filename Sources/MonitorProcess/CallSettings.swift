import FunctionCalls
import Monitor
import TrustletImage
import TrustletRun

/// What every call of a revision is given and may use: worked out once, since a call is short.
struct CallSettings: Sendable {
  private let name: String
  private let takesArguments: Bool
  private let takesEnvironment: Bool
  /// Variables that the image's manifest sets; a caller's of the same name are left out.
  private let fixedNames: [String]
  private let limits: TrustletLimits
  private let serviceLimits: EdgeServiceConfiguration.Limits

  init(_ load: RevisionLoad, _ image: TrustletImage) {
    name = load.name
    takesArguments = image.manifest.host.arguments
    takesEnvironment = image.manifest.host.environment
    fixedNames = image.manifest.environment.keys.map { $0 + "=" }
    var options = RunOptions()
    options.memory = load.memory == 0 ? nil : ByteCount(bytes: load.memory)
    options.time = load.time == 0 ? nil : TimeSpan(nanoseconds: load.time)
    options.cpuTime = load.processorTime == 0 ? nil : TimeSpan(nanoseconds: load.processorTime)
    options.output = load.output == 0 ? nil : ByteCount(bytes: load.output)
    limits = TrustletRunner.limits(image, options)
    serviceLimits = EdgeServiceConfiguration.Limits(writtenBytes: RunLimits(image, options).output?.value.bytes ?? .max)
  }

  func limits(_ head: CallHead) -> TrustletLimits {
    guard head.time > 0 else { return limits }
    var limits = limits
    limits.time = min(head.time, limits.time ?? .max)
    return limits
  }

  /// - Throws: `EdgeServiceError`
  func service(_ head: CallHead, _ streams: CallStreams) throws -> EdgeService {
    var environment = takesEnvironment ? head.environment : []
    if !fixedNames.isEmpty { environment.removeAll { entry in fixedNames.contains { entry.utf8.starts(with: $0.utf8) } } }
    return try EdgeService(
      EdgeServiceConfiguration(
        streams: EdgeServiceConfiguration.StandardStreams(carrier: streams), arguments: takesArguments ? [name] + head.arguments : [name],
        environment: environment, limits: serviceLimits,
        // Each call would want the other processor for the thread that answers them; here the other slots have it.
        answersDoorbells: false))
  }
}
