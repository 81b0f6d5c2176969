// sources: Sources/EdgeCalls Sources/LibOS
// sanitize: address
// seed: 00434f464654524545020000000000000000000000000000000400000000000000000000000000000000000000000000005000000001000000070000000000000050000000000000000100000000000000612f
// seed: 010400000300000000100302612f620200
// seed: 0243464d4e0f00000000000000000000000000000000000000ffff000000000000
import EdgeCalls

@testable import LibOS

/// The image's files and the manifest as the library OS reads them, from bytes that no build would write. The first byte says what the others
/// are: 0 a file tree, 1 what a file tree is made of, 2 a manifest.
///
/// Whatever they are: an error, or answers that lie within them; and every walk through a tree ends.
@_cdecl("LLVMFuzzerTestOneInput")
public func readGuestFiles(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let kind = input.first else { return 0 }
  let rest = Array(input.dropFirst())
  switch kind {
  case 0: withRegion(rest, checkTree)
  case 1: withRegion(tree(of: rest), checkTree)
  case 2: withRegion(rest, checkManifest)
  default: break
  }
  return 0
}

/// In memory of just that size, so that the sanitizer sees what lies beyond.
private func withRegion(_ bytes: [UInt8], _ body: (MemoryRegion) -> Void) {
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
  defer { buffer.deallocate() }
  buffer.copyBytes(from: bytes)
  guard let base = buffer.baseAddress else { return }
  body(MemoryRegion(base: base, count: UInt64(bytes.count)))
}

private func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

/// A tree with a right beginning: four bytes for each entry say its kind, where its path lies and how long it is, and its content.
private func tree(of bytes: [UInt8]) -> [UInt8] {
  let entries = min(Int(bytes.first ?? 0) % 32, max(0, (bytes.count - 1) / 4))
  let start = FileTree.headerSize + UInt64(entries + 1) * FileTree.entrySize
  func entry(_ kind: UInt32, _ path: UInt32, _ length: UInt32, _ content: UInt64, _ size: UInt64) -> [UInt8] {
    little(path) + little(length) + little(kind) + little(UInt32(0)) + little(content) + little(size)
  }
  var result = little(FileTree.magic) + little(UInt32(entries + 1)) + little(UInt32(0)) + entry(NodeKind.directory.rawValue, 0, 0, 0, 0)
  for index in 0..<entries {
    let part = bytes[(1 + 4 * index)...]
    let bytes = Array(part.prefix(4))
    let kind = bytes[0] & 1 == 0 ? NodeKind.directory : .file
    result += entry(
      kind.rawValue, UInt32(start) + UInt32(bytes[1]), UInt32(bytes[2]), bytes[3] > 250 ? .max - UInt64(bytes[3]) : start,
      UInt64(bytes[3]))
  }
  return result + bytes.dropFirst(1 + 4 * entries)
}

private func checkTree(_ region: MemoryRegion) {
  guard let tree = try? ImageTree(region) else { return }
  precondition(UInt64(tree.count) * FileTree.entrySize <= region.count, "more entries than there is room for")
  for index in 0..<min(tree.count, 40) {
    guard let entry = try? tree.entry(index) else { continue }
    precondition(entry.path.count <= region.count && entry.content.count <= region.count, "a part is larger than the whole")
    _ = try? entry.content.bytes(0, entry.content.count)
    if let attributes = try? tree.attributes(index) { precondition(attributes.size == entry.content.count, "the size differs") }
    list(tree, index)
    guard let path = try? tree.path(index), let relative = try? RelativePath(path) else { continue }
    guard let found = try? tree.resolve(relative, from: ImageTree.root) else { continue }
    precondition(found < tree.count, "a path leads out of the tree")
  }
}

private func list(_ tree: ImageTree, _ index: UInt32) {
  guard var children = try? tree.children(index) else { return }
  var last: UInt64 = 0
  while let item = try? tree.next(&children) {
    precondition(item.inode > last && item.inode <= UInt64(tree.count), "a listing goes round in circles")
    precondition(!item.name.isEmpty && !item.name.contains(UInt8(ascii: "/")), "a name that is none")
    last = item.inode
  }
}

/// The host's part is right as far as it goes, and offers nothing.
private func checkManifest(_ region: MemoryRegion) {
  var payload = [UInt8](repeating: 0, count: Int(EdgeWindow.payloadCapacity))
  payload.replaceSubrange(0..<4, with: little(Configuration.magic))
  withRegion(payload) { payload in
    guard let settings = try? ProgramSettings(payload: payload, manifest: region) else { return }
    precondition(!settings.arguments.isEmpty, "a program without a name")
    if let scratch = settings.scratch { precondition(scratch.size <= MemoryMap.scratchSizeLimit, "more scratch space than there is") }
  }
}
