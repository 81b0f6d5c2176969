/// Why an image was refused or could not be made.
public struct ImageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of refusal it is; each names what its reader can do.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The file could not be opened, read or written.
    case fileSystem
    /// The first bytes are not an image's.
    case notAnImage
    /// An image of a format version that this program does not know.
    case version
    /// Something ends before or after the place where it says it ends.
    case length
    /// A digest in the file is not the digest of what it covers.
    case digest
    /// A count or size beyond what the format allows.
    case limit
    /// The launch record is malformed: tag, architecture, entry, stack pointer.
    case launchRecord
    /// A region that the memory map does not allow.
    case region
    /// A region's rights are not those of its kind.
    case rights
    /// A region that could be written and executed.
    case writableAndExecutable
    /// Regions overlap.
    case overlap
    /// Regions, machine pages, exports or files out of their order, or one twice.
    case order
    case manifest
    case guestManifest
    case machinePage
    case export
    case symbols
    case lines
    case files
    /// The linked executable is not what an image can be made from.
    case executable
  }

  public let code: Code
  /// What was found, what was expected, and what to do, for people.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
