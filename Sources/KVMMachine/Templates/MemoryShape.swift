/// How much guest-physical memory clones of a template have, and where. Templates of small programs mostly have the same shape: windows end at whole
/// 2 MiB, and the manifest's limit of memory decides the rest.
struct MemoryShape: Sendable {
  struct Window: Sendable, Equatable {
    let guestAddress: UInt64
    let reserved: UInt64
    let backed: UInt64
  }

  let windows: [Window]
  /// Pages that a clone of this shape is likely to want as its own.
  let pages: [MemoryPart]

  func fits(_ other: MemoryShape) -> Bool { windows == other.windows }
}
