/// The security version numbers of a chip's firmware: AMD's TCB_VERSION, eight bytes whose meaning depends on the generation
/// (SEV-SNP firmware ABI, 56860, section 2.2).
public struct SNPSecurityVersions: Sendable, Equatable {
  /// Which byte of the eight is which component's.
  public enum Layout: Sendable {
    /// Milan and Genoa.
    case original
    /// Turin, which begins with the firmware mutable code's.
    case turin

    /// The components in the order of people's reading, each with its byte's place.
    var components: [(name: String, byte: Int)] {
      switch self {
      case .original: [("bootloader", 0), ("tee", 1), ("snp", 6), ("microcode", 7)]
      case .turin: [("fmc", 0), ("bootloader", 1), ("tee", 2), ("snp", 3), ("microcode", 7)]
      }
    }
  }

  /// As a little-endian number.
  public let raw: UInt64
  public let layout: Layout

  public init(raw: UInt64, layout: Layout) { (self.raw, self.layout) = (raw, layout) }

  /// One byte of the eight.
  func byte(_ index: Int) -> Int { Int(truncatingIfNeeded: raw >> (8 * UInt64(index)) & 0xff) }

  /// By name: `bootloader`, `tee`, `snp`, `microcode`, and `fmc` from Turin on.
  public var components: [String: Int] {
    Dictionary(uniqueKeysWithValues: layout.components.map { ($0.name, byte($0.byte)) })
  }

  /// Whether no component is newer than the other's.
  public func isAtMost(_ other: Self) -> Bool { layout.components.allSatisfy { byte($0.byte) <= other.byte($0.byte) } }

  public var description: String { layout.components.map { "\($0.name) \(byte($0.byte))" }.joined(separator: ", ") }
}
