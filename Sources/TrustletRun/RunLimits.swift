import TrustletImage

/// The limits of one run and where each comes from: the lower one of the manifest's, which is part of what is measured, and the run's own.
public struct RunLimits: Sendable {
  /// A limit's value and the name by which a user knows it.
  public struct Limit<Value: Comparable & Sendable & CustomStringConvertible>: Sendable, CustomStringConvertible {
    public var value: Value
    public var source: String

    public var description: String { "\(value) (\(source))" }
  }

  public let memory: Limit<ByteCount>
  public let time: Limit<TimeSpan>?
  public let cpuTime: Limit<TimeSpan>?
  public let output: Limit<ByteCount>?
  /// Nil where the image has no scratch space.
  public let scratch: Limit<ByteCount>?
  public let openFiles: Limit<UInt64>

  public init(_ image: TrustletImage, _ options: RunOptions) {
    let manifest = image.manifest
    let own = Limit(value: manifest.memory, source: Self.inManifest("memory"))
    memory = Self.lower(own.value, "memory", options.memory, "--memory") ?? own
    time = Self.lower(manifest.time, "time", options.time, "--timeout")
    cpuTime = Self.lower(manifest.cpuTime, "cpu-time", options.cpuTime, "--cpu-time")
    output = Self.lower(manifest.output, "output", options.output, "--output-limit")
    // A module's own scratch space can come from --scratch too, which then stands in the manifest that the image carries.
    scratch = manifest.scratch.flatMap { Self.lower($0.size, "scratch", options.scratchLimit, "--scratch-limit") }
    let files = Limit(value: manifest.openFiles, source: Self.inManifest("open-files"))
    openFiles = Self.lower(files.value, "open-files", options.openFiles.map(UInt64.init), "--open-files") ?? files
  }

  private static func inManifest(_ key: String) -> String { "\(key) in the manifest" }

  private static func lower<Value>(_ own: Value?, _ key: String, _ wanted: Value?, _ option: String) -> Limit<Value>? {
    if let wanted, own.map({ wanted <= $0 }) ?? true { return Limit(value: wanted, source: option) }
    return own.map { Limit(value: $0, source: inManifest(key)) }
  }
}
