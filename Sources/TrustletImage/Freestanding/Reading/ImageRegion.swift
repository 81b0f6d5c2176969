import EdgeCalls

/// What the guest may do with a region's pages.
public struct ImageRights: OptionSet, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let read = ImageRights(rawValue: 1)
  public static let write = ImageRights(rawValue: 2)
  public static let execute = ImageRights(rawValue: 4)

  public var description: String {
    (contains(.read) ? "r" : "-") + (contains(.write) ? "w" : "-") + (contains(.execute) ? "x" : "-")
  }
}

/// A range of a trustlet's address space. Everything outside its regions (and its machine page) is unmapped.
public struct ImageRegion: Sendable, Hashable {
  /// What a region holds, which decides what may be done with it.
  public enum Kind: Sendable, Hashable {
    /// The library OS's and the program's instructions.
    case code
    case constants
    /// The library OS's and the program's own variables.
    case data
    case stack
    case trapStack
    case heap
    case edgeWindow
    /// By its number in the image.
    case linearMemory(UInt32)
    case guestManifest
    case fileTree
    /// The scratch file system's memory.
    case scratch
  }

  public let kind: Kind
  /// A multiple of ``MemoryMap/pageSize``, as are the sizes.
  public let address: UInt64
  /// Bytes at the start.
  public let size: UInt64
  /// Bytes at most: larger than `size` for a linear memory that may grow.
  public let sizeLimit: UInt64
  public let rights: ImageRights
  /// Where the first bytes stand in the image's file, from a multiple of the page size on; what follows them is zero, in the
  /// file up to the next page and in memory up to `size`. Empty for a region that is zero at the start.
  public let contents: Range<UInt64>

  /// Where the region ends at its largest.
  public var limit: UInt64 { address + sizeLimit }
}

extension ImageRegion.Kind: CustomStringConvertible {
  /// The number in the file.
  var code: UInt32 {
    switch self {
    case .code: 1
    case .constants: 2
    case .data: 3
    case .stack: 4
    case .trapStack: 5
    case .heap: 6
    case .edgeWindow: 7
    case .linearMemory: 8
    case .guestManifest: 9
    case .fileTree: 10
    case .scratch: 11
    }
  }

  var index: UInt32 {
    if case .linearMemory(let index) = self { index } else { 0 }
  }

  init?(code: UInt32, index: UInt32) {
    guard index == 0 || code == 8 else { return nil }
    switch code {
    case 1: self = .code
    case 2: self = .constants
    case 3: self = .data
    case 4: self = .stack
    case 5: self = .trapStack
    case 6: self = .heap
    case 7: self = .edgeWindow
    case 8: self = .linearMemory(index)
    case 9: self = .guestManifest
    case 10: self = .fileTree
    case 11: self = .scratch
    default: return nil
    }
  }

  /// A kind has one set of rights; none can be written and executed.
  public var rights: ImageRights {
    switch self {
    case .code: [.read, .execute]
    case .constants, .guestManifest, .fileTree: [.read]
    case .data, .stack, .trapStack, .heap, .edgeWindow, .linearMemory, .scratch: [.read, .write]
    }
  }

  var mayHaveContents: Bool {
    switch self {
    case .code, .constants, .data, .guestManifest, .fileTree: true
    case .stack, .trapStack, .heap, .edgeWindow, .linearMemory, .scratch: false
    }
  }

  public var description: String {
    switch self {
    case .code: "code"
    case .constants: "constants"
    case .data: "data"
    case .stack: "stack"
    case .trapStack: "trap stack"
    case .heap: "heap"
    case .edgeWindow: "edge window"
    case .linearMemory(let index): "linear memory \(index)"
    case .guestManifest: "guest manifest"
    case .fileTree: "file tree"
    case .scratch: "scratch"
    }
  }
}
