import FunctionDispatch
import ImageBuilding

/// A function as the store knows it.
public struct FunctionRecord: Sendable, Hashable {
  public var name: String
  public var tenant: String
  /// Another one after every change, never used twice on a node: what a caller that changes something says to have seen.
  public var version: Int64
  /// Of the newest deployment: the version that it made.
  public var deployment: Int64
  /// Seconds since 1970.
  public var created: Int64
  public var updated: Int64
  /// The newest first. Never empty.
  public var revisions: [RevisionRecord]
  /// The optimised build of the newest deployment is still to come.
  public var isBuilding: Bool

  /// Those that get calls.
  public var serving: [RevisionRecord] { revisions.filter { $0.percent > 0 } }
}

/// One of a function's revisions.
public struct RevisionRecord: Sendable, Hashable {
  /// How the code came to be.
  public enum Origin: String, Sendable, Hashable, CaseIterable {
    /// Uploaded as an image.
    case image
    /// Built here soon, without optimisation.
    case quick
    /// Built here for speed.
    case optimised
  }

  /// SHA-384 of the image in lower-case hexadecimal digits.
  public var measurement: String
  /// Grows with each revision of the function.
  public var number: Int64
  /// Revisions of one deployment are builds of the same program.
  public var deployment: Int64
  public var origin: Origin
  /// Bytes of the image.
  public var size: Int64
  public var settings: RevisionSettings
  /// Seconds since 1970.
  public var created: Int64
  /// Of a hundred calls.
  public var percent: Int
  /// It was to have calls at some time.
  public var hasServed: Bool
  /// The file's name in the store.
  var file: String
}

/// How a revision is served, and what follows on it.
public struct RevisionSettings: Sendable, Hashable {
  public var serving: FunctionSettings
  public var promotion: FunctionSection.Promotion

  public init(serving: FunctionSettings = FunctionSettings(), promotion: FunctionSection.Promotion = .automatic) {
    (self.serving, self.promotion) = (serving, promotion)
  }
}
