import EdgeCalls
import Synchronization

/// Pages that clones of a template touch when they run. Each clone gets them at once and as its own, instead of one fault at a time: a fault costs
/// three to five times as much as a page.
struct WorkingSet: Sendable {
  /// Ascending in each window.
  private(set) var parts: [MemoryPart] = []
  private(set) var byteCount: UInt64 = 0

  /// - Parameter pages: of the window, whole pages, ascending, perhaps overlapping.
  mutating func add(_ pages: [Range<UInt64>], of window: Int) {
    var joined: [Range<UInt64>] = []
    for range in pages {
      if let last = joined.last, range.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    for range in joined {
      parts.append(MemoryPart(window: window, offsets: range))
      byteCount += UInt64(range.count)
    }
  }
}

/// What a template knows of it: nothing until its first clone has run.
final class RecordedWorkingSet: Sendable {
  private let recorded = Mutex<WorkingSet?>(nil)
  private let isClaimed = Atomic<Bool>(false)

  var pages: WorkingSet? { recorded.withLock { $0 } }

  /// For the first who asks.
  func claimRecorder() -> WorkingSetRecorder? {
    isClaimed.exchange(true, ordering: .relaxed) ? nil : WorkingSetRecorder(self)
  }

  fileprivate func replace(_ pages: WorkingSet) { recorded.withLock { $0 = pages } }
}

/// Watches one clone, by the marks that processors leave in page tables and by which pages have become its own.
struct WorkingSetRecorder {
  /// More is not worth having before it is wanted.
  private static let limit: UInt64 = 512 << 10

  private let target: RecordedWorkingSet
  private var edgeCalls: UInt64 = 0

  fileprivate init(_ target: RecordedWorkingSet) { self.target = target }

  /// A clone that runs for long is looked at ever more seldom.
  mutating func noteEdgeCall(_ space: AddressSpace, _ pageMap: PageMap) {
    edgeCalls += 1
    if edgeCalls.nonzeroBitCount == 1 { finish(space, pageMap) }
  }

  func finish(_ space: AddressSpace, _ pageMap: PageMap) {
    var pages = WorkingSet()
    let accessed = space.tables.accessedPages()
    for (index, window) in space.memory.windows.enumerated() where !space.isTables(window: index) {
      let start = index == 0 ? space.tablesEnd : 0
      guard let own = pageMap.privatePages(window.host + Int(start), count: window.backed - start) else { return }
      let places = window.guestAddress + start..<window.guestAddress + window.backed
      let read = accessed.filter(places.contains).map { $0 - window.guestAddress..<$0 - window.guestAddress + PageTables.page }
      let written = own.map { start + $0.lowerBound..<start + $0.upperBound }
      pages.add((read + written).sorted { $0.lowerBound < $1.lowerBound }, of: index)
    }
    if pages.byteCount <= Self.limit { target.replace(pages) }
  }
}
