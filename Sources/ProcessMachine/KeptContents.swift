import Machine
import Synchronization

/// The contents that machines were last made from, so that another machine of the same image finds its mould ready: they are looked for by
/// comparing every byte.
final class KeptContents: Sendable {
  static let shared = KeptContents()

  /// The last used is the last.
  private let kept = Mutex<[ProcessContents]>([])
  private static let limit = 4

  func contents(
    _ pieces: [ProcessContents.Piece], entry: UInt64, stackPointer: UInt64
  ) throws(MachineError) -> ProcessContents {
    let found = kept.withLock { kept -> ProcessContents? in
      guard let index = kept.firstIndex(where: { $0.isMade(of: pieces, entry: entry, stackPointer: stackPointer) }) else { return nil }
      let contents = kept.remove(at: index)
      kept.append(contents)
      return contents
    }
    if let found { return found }
    let fresh = try ProcessContents(pieces, entry: entry, stackPointer: stackPointer)
    // Let go outside the lock: a process ends with it.
    let former = kept.withLock { kept -> ProcessContents? in
      kept.append(fresh)
      return kept.count > Self.limit ? kept.removeFirst() : nil
    }
    return withExtendedLifetime(former) { fresh }
  }

  func removeAll() {
    let former = kept.withLock { kept in
      defer { kept = [] }
      return kept
    }
    withExtendedLifetime(former) {}
  }
}
