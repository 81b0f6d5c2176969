import CLinux
import EdgeCalls
import Machine

/// What stood in a machine's guest-physical memory at one moment: a sealed memory file that clones map copy-on-write.
///
/// Only stretches that hold something are mapped from the file. All else stays anonymous in the clones: a page of a file costs two pages
/// when it is written, an anonymous one costs one.
final class TemplateMemory: @unchecked Sendable {
  struct Window {
    let guestAddress: UInt64
    let reserved: UInt64
    let backed: UInt64
    /// Where the window begins in the file; it takes `backed` bytes there, most of them a hole.
    let fileOffset: UInt64
    /// Stretches of the window that hold something, ascending, in whole pages.
    var extents: [Range<UInt64>] = []
  }

  private static let page = PageTables.page
  /// Holes up to this size are mapped with their neighbours: a mapping costs more than the pages.
  private static let joinedGap: UInt64 = 128 * page

  let windows: [Window]
  private let file: OwnedDescriptor
  private let view: UnsafeRawPointer
  private let size: Int
  /// Bytes that hold something.
  let contentBytes: UInt64

  /// - Parameters:
  ///   - memory: of a machine that does not run.
  ///   - mayHoldContents: whether a page that this process has not touched can hold something nevertheless: a file is mapped there.
  init(
    _ memory: GuestPhysicalMemory, pageMap: PageMap, mayHoldContents: (_ window: Int, _ offset: UInt64) -> Bool
  ) throws(MachineError) {
    let size = memory.windows.reduce(UInt64(0)) { $0 + $1.backed }
    file = OwnedDescriptor(coffer_memory_file_make(size))
    guard file.number >= 0 else { throw systemCallFailed("making a memory file for a template", -file.number) }
    var windows: [Window] = []
    var contentBytes: UInt64 = 0
    var fileOffset: UInt64 = 0
    for (index, window) in memory.windows.enumerated() {
      var kept = Window(
        guestAddress: window.guestAddress, reserved: window.reserved, backed: window.backed, fileOffset: fileOffset)
      var touched = pageMap.privatePages(window.host, count: window.backed)
      if touched == nil { touched = [0..<window.backed] }
      var ranges = (touched ?? [])[...]
      var offset: UInt64 = 0
      while offset < window.backed {
        while let first = ranges.first, first.upperBound <= offset { ranges.removeFirst() }
        let isTouched = ranges.first?.contains(offset) ?? false
        guard isTouched || mayHoldContents(index, offset) else {
          offset += Self.page
          continue
        }
        if !coffer_memory_is_zero(window.host + Int(offset)) {
          let written = coffer_file_write(file.number, window.host + Int(offset), Int(Self.page), fileOffset + offset)
          guard written == 0 else { throw systemCallFailed("writing a template", -written) }
          contentBytes += Self.page
          kept.add(offset..<offset + Self.page, joining: Self.joinedGap)
        }
        offset += Self.page
      }
      windows.append(kept)
      fileOffset += window.backed
    }
    (self.windows, self.contentBytes) = (windows, contentBytes)
    let sealed = coffer_memory_file_seal(file.number)
    guard sealed == 0 else { throw systemCallFailed("sealing a template", -sealed) }
    // Afterwards: even a mapping for reading, made before, would count as one that may write.
    var view: UnsafeRawPointer?
    let mapped = coffer_memory_view_file(file.number, Int(size), &view)
    guard mapped == 0, let view else { throw systemCallFailed("mapping a template", -mapped) }
    self.view = view
    self.size = Int(size)
  }

  deinit { coffer_memory_release(UnsafeMutableRawPointer(mutating: view), size) }

  /// All that holds something, but for what lies before an offset of the first window.
  func contents(behind offset: UInt64) -> [MemoryPart] {
    windows.indices.flatMap { index in
      windows[index].extents.map { $0.clamped(to: (index == 0 ? offset : 0)..<windows[index].backed) }.filter { !$0.isEmpty }
        .map { MemoryPart(window: index, offsets: $0) }
    }
  }

  /// Maps a part, copy-on-write, over a machine's memory for it.
  func map(_ part: MemoryPart, into memory: GuestPhysicalMemory) throws(MachineError) {
    let host = memory.windows[part.window].host + Int(part.offsets.lowerBound)
    let result = coffer_memory_map_file(
      host, part.offsets.count, file.number, windows[part.window].fileOffset + part.offsets.lowerBound)
    guard result == 0 else { throw systemCallFailed("mapping \(part.offsets.count) bytes of a template", -result) }
  }

  /// Writes a part into a machine's memory for it.
  func copy(_ part: MemoryPart, into memory: GuestPhysicalMemory) {
    let host = memory.windows[part.window].host + Int(part.offsets.lowerBound)
    host.copyMemory(from: contents(of: windows[part.window], at: part.offsets.lowerBound), byteCount: part.offsets.count)
  }

  /// The template's bytes of a range in a window, zeros outside its extents; the range is within what is backed.
  func contents(of window: Window, at offset: UInt64) -> UnsafeRawPointer {
    view + Int(window.fileOffset + offset)
  }

  func holdsContents(_ window: Window, at offset: UInt64) -> Bool {
    window.extents.contains { $0.contains(offset) }
  }
}

extension TemplateMemory.Window {
  fileprivate mutating func add(_ range: Range<UInt64>, joining gap: UInt64) {
    if let last = extents.last, range.lowerBound - last.upperBound <= gap {
      extents[extents.count - 1] = last.lowerBound..<range.upperBound
    } else {
      extents.append(range)
    }
  }
}
