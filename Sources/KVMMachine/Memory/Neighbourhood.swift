import Machine

/// Parts of one window that lie near one another. A question of its own about each costs more than looking past what lies between them.
struct Neighbourhood: Sendable {
  let window: Int
  /// Ascending.
  private(set) var parts: [MemoryPart]
  private(set) var offsets: Range<UInt64>

  /// Bytes of the distance: to look at as many pages takes less than the system call that it saves.
  private static let distance: UInt64 = 2 << 20

  private init(_ part: MemoryPart) { (window, parts, offsets) = (part.window, [part], part.offsets) }

  /// - Parameter parts: in the order of their places.
  static func all(of parts: [MemoryPart]) -> [Neighbourhood] {
    var all: [Neighbourhood] = []
    for part in parts {
      if var last = all.last, last.window == part.window, part.offsets.lowerBound - last.offsets.upperBound <= distance {
        last.parts.append(part)
        last.offsets = last.offsets.lowerBound..<part.offsets.upperBound
        all[all.count - 1] = last
      } else {
        all.append(Neighbourhood(part))
      }
    }
    return all
  }
}
