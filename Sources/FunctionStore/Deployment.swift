/// What is to become a function's newest revision.
public struct Deployment: Sendable {
  /// What a change demands of what is there.
  public enum Precondition: Sendable, Hashable {
    case none
    /// There is no such function.
    case absent
    /// The function's version is this one.
    case version(Int64)
  }

  public var function: String
  public var tenant: String
  public var image: CheckedImage
  public var settings: RevisionSettings
  public var origin: RevisionRecord.Origin
  public var precondition: Precondition
  /// Where the module lies that is still to be optimised: ``FunctionStore/addSource(_:)``.
  public var source: BuildSource?

  public init(
    function: String, tenant: String, image: CheckedImage, settings: RevisionSettings, origin: RevisionRecord.Origin = .image,
    precondition: Precondition = .none, source: BuildSource? = nil
  ) {
    self.function = function
    self.tenant = tenant
    self.image = image
    self.settings = settings
    self.origin = origin
    self.precondition = precondition
    self.source = source
  }
}

extension Deployment.Precondition {
  func check(_ function: FunctionRecord?, named name: String) throws(StoreError) {
    switch self {
    case .none: return
    case .absent:
      guard function == nil else { throw StoreError(.changed, "there is a function '\(name)' already, which there was not to be") }
    case .version(let expected):
      guard let function else { throw StoreError(.changed, "there is no function '\(name)' any more; its version was to be \(expected)") }
      guard function.version == expected else {
        throw StoreError(
          .changed, "the function '\(name)' has version \(function.version), not \(expected): somebody changed it; look again and decide anew")
      }
    }
  }
}
