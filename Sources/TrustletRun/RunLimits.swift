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
    let standard = Manifest()
    memory = Self.lower(manifest.memory, "memory", options.memory, "--memory", Limit(value: standard.memory, source: "by default; a manifest's memory changes it"))
    time = Self.lower(manifest.time, "time", options.time, "--timeout")
    cpuTime = Self.lower(manifest.cpuTime, "cpu-time", options.cpuTime, "--cpu-time")
    output = Self.lower(manifest.output, "output", options.output, "--output-limit")
    // A module's own scratch space can come from --scratch too, which then stands in the manifest that the image carries.
    scratch = manifest.scratch.flatMap { Self.lower($0.size, "scratch", options.scratchLimit, "--scratch-limit") }
    openFiles = Self.lower(
      manifest.openFiles, "open-files", options.openFiles.map(UInt64.init), "--open-files", Limit(value: standard.openFiles, source: "the most there are"))
  }

  private static func inManifest(_ key: String) -> String { "\(key) in the manifest" }

  private static func lower<Value>(_ own: Value?, _ key: String, _ wanted: Value?, _ option: String) -> Limit<Value>? {
    if let wanted, own.map({ wanted <= $0 }) ?? true { return Limit(value: wanted, source: option) }
    return own.map { Limit(value: $0, source: inManifest(key)) }
  }

  /// Of a limit that every manifest has.
  /// - Parameter standard: where nobody sets it: most who reach it have written no manifest.
  private static func lower<Value>(_ own: Value, _ key: String, _ wanted: Value?, _ option: String, _ standard: Limit<Value>) -> Limit<Value> {
    if let wanted, wanted <= own { return Limit(value: wanted, source: option) }
    return own == standard.value ? standard : Limit(value: own, source: inManifest(key))
  }
}
