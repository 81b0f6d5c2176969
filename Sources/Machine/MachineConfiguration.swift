/// Bytes in a place of somebody else's: starting a machine need not copy a whole image first.
public struct KeptBytes: @unchecked Sendable {
  private let keeper: AnyObject
  private let place: UnsafeRawBufferPointer

  /// - Parameters:
  ///   - place: Never changes while the keeper lives.
  ///   - keeper: Held for as long as these bytes are.
  public init(_ place: UnsafeRawBufferPointer, keeper: AnyObject & Sendable) {
    self.place = place
    self.keeper = keeper
  }

  public var count: Int { place.count }

  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(keeper) {} }
    return try body(place)
  }
}

/// A piece of a trustlet's address space.
public struct MachineRegion: Sendable {
  /// What stands in a region before the first instruction; the rest of it is zero.
  public enum Contents: Sendable {
    case zero
    case bytes([UInt8])
    /// Bytes that lie elsewhere for as long as their keeper lives, and do not change.
    case kept(KeptBytes)
    /// Bytes of a file, which the machine reads at its creation and maps copy-on-write where pages allow it. The file must not
    /// change or shrink while the machine lives: hand over a sealed memory file or one that nobody else can write.
    case file(descriptor: Int32, offset: UInt64, length: UInt64)
  }

  /// Guest virtual address, a multiple of the page size.
  public var address: UInt64
  /// Bytes at the start, a multiple of the page size.
  public var size: UInt64
  /// How far ``Machine/grow(region:to:)`` may go, at least `size`. Nothing else may lie in that range.
  public var sizeLimit: UInt64
  public var rights: MemoryRights
  public var contents: Contents

  public init(address: UInt64, size: UInt64, sizeLimit: UInt64? = nil, rights: MemoryRights, contents: Contents = .zero) {
    self.address = address
    self.size = size
    self.sizeLimit = sizeLimit ?? size
    self.rights = rights
    self.contents = contents
  }
}

/// All that a machine needs to start a trustlet.
public struct MachineConfiguration: Sendable {
  /// Everything mapped, but for the machine page, which the machine maps itself.
  public var regions: [MachineRegion]
  /// The code at `MemoryMap.machinePage` for this kind of machine: at most one page.
  public var machinePage: [UInt8]
  /// Address of the first instruction.
  public var entry: UInt64
  public var stackPointer: UInt64

  public init(regions: [MachineRegion], machinePage: [UInt8], entry: UInt64, stackPointer: UInt64) {
    self.regions = regions
    self.machinePage = machinePage
    self.entry = entry
    self.stackPointer = stackPointer
  }
}
