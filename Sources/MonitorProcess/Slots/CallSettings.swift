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
  private let hasNetwork: Bool
  /// Names of a broker's resources that each instance is to have, in the manifest's order.
  private let resources: [String]

  init(_ load: RevisionLoad, _ image: TrustletImage) {
    name = load.name
    takesArguments = image.manifest.host.arguments
    takesEnvironment = image.manifest.host.environment
    fixedNames = image.manifest.environment.keys.map { $0 + "=" }
    hasNetwork = !image.manifest.network.isEmpty
    resources = image.manifest.orderedSecrets.map(\.resource)
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

  /// What fetches an instance's secrets; nil where the manifest has none, or where this node gives no evidence.
  func secrets(_ head: CallHead, _ revision: Revision, _ image: TrustletImage, _ attester: AttesterLine?) -> InstanceSecretsSource? {
    guard !resources.isEmpty, let attester else { return nil }
    return InstanceSecretsSource(attester, resources, revision, image, time: limits(head).time)
  }

  /// - Throws: `EdgeServiceError`
  func service(_ head: CallHead, _ streams: CallStreams, _ secrets: InstanceSecretsSource?, _ network: CarriedNetwork?) throws -> EdgeService {
    var environment = takesEnvironment ? head.environment : []
    if !fixedNames.isEmpty { environment.removeAll { entry in fixedNames.contains { entry.utf8.starts(with: $0.utf8) } } }
    var configuration = EdgeServiceConfiguration(
        streams: EdgeServiceConfiguration.StandardStreams(carrier: streams), arguments: takesArguments ? [name] + head.arguments : [name],
        environment: environment, limits: serviceLimits,
        // Each call would want the other processor for the thread that answers them; here the other slots have it.
        answersDoorbells: false)
    configuration.secrets = secrets
    if hasNetwork { configuration.network = network }
    return try EdgeService(configuration)
  }
}
