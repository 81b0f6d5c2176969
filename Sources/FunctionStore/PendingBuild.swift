/// The optimised build of a deployment that serves its quick one so far.
public struct PendingBuild: Sendable, Hashable {
  public var function: String
  public var deployment: Int64
  public var source: BuildSource
  public var settings: RevisionSettings
}
