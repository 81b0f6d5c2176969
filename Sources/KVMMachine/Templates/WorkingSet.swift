import EdgeCalls
import Synchronization

/// Pages that clones of a template touch when they run. Each clone gets them at once instead of one fault at a time: a fault costs three to five times
/// as much as a page.
struct WorkingSet: Sendable {
  /// Ascending in each window: what a clone has as its own.
  private(set) var written: [MemoryPart] = []
  /// What it only looks at, and may go on sharing.
  private(set) var read: [MemoryPart] = []

  var parts: [MemoryPart] { written + read }
  var byteCount: UInt64 { parts.reduce(0) { $0 + UInt64($1.offsets.count) } }

  /// - Parameters:
  ///   - written: of the window, whole pages, ascending.
  ///   - accessed: likewise, perhaps overlapping.
  mutating func add(written own: [Range<UInt64>], accessed: [Range<UInt64>], of window: Int) {
    written += own.map { MemoryPart(window: window, offsets: $0) }
    var joined: [Range<UInt64>] = []
    for range in accessed where !own.contains(where: { $0.overlaps(range) }) {
      if let last = joined.last, range.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    read += joined.map { MemoryPart(window: window, offsets: $0) }
  }
}

/// What a template knows of it: nothing until its second clone has run. The first is often the only one for long, and being watched costs a run several
/// hundred microseconds: each page is a fault by itself then, and the page map is asked.
final class RecordedWorkingSet: Sendable {
  private let recorded = Mutex<WorkingSet?>(nil)
  private let clones = Atomic<Int>(0)

  var pages: WorkingSet? { recorded.withLock { $0 } }

  /// For the second who asks.
  func claimRecorder() -> WorkingSetRecorder? { clones.add(1, ordering: .relaxed).newValue == 2 ? WorkingSetRecorder(self) : nil }

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
      pages.add(written: written, accessed: read, of: index)
    }
    if pages.byteCount <= Self.limit { target.replace(pages) }
  }
}
