// sources: Sources/CGuestCrypto Sources/GuestCrypto Sources/EdgeCalls Sources/LibOS Sources/SealedVolume Sources/SealedFiles
// sanitize: address
// seed: 00434f46494c4553310200000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
// seed: 00434f46494c455331030000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001000000010161030000000000000005000000000000000000000000000000000000000000000000000000000000000108000000
import EdgeCalls
@testable import GuestCrypto
@testable import LibOS
@testable import SealedFiles
@testable import SealedVolume

/// A volume whose tree of names is the input, sealed with the right key, as only a broken writer could: it is refused, or it is a directory in which a program does
/// what it likes and finds errors at worst.
///
/// The first byte says how many further blocks of contents repeat the input, which maps of blocks then lead to.
@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let first = input.first else { return 0 }
  let store = Store()
  let layout = SealedLayout(size: 64 << 10)
  do {
    let key = SecretBytes(copying: [UInt8](repeating: 3, count: 32))
    _ = try SealedVolume.create(in: store, key: key, blockCount: UInt64(layout.blockCount), session: VolumeSession(first: 1, last: 1)) { _ throws(Never) in }
    var volume = try SealedVolume(opening: store, key: key, expecting: nil, cachedNodes: layout.cachedNodes)
    try volume.begin(VolumeSession(first: 2, last: 1))
    var bytes = Array(input.dropFirst())
    bytes += [UInt8](repeating: 0, count: 4096 - bytes.count % 4096)
    try bytes.withRawBytes { (bytes) throws(VolumeError) in
      try volume.write(1, from: bytes)
      for block in 0..<UInt64(first % 4) {
        try volume.write(UInt64(layout.firstOfContents) + block, from: UnsafeRawBufferPointer(rebasing: bytes[..<4096]))
      }
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(layout.memorySize), alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(layout.memorySize))
    defer { memory.deallocate() }
    use(SealedBlocks(volume, layout: layout, base: memory) { _ in })
  } catch {
    preconditionFailure("\(error)")
  }
  return 0
}

private func use(_ blocks: SealedBlocks<Store>) {
  defer { blocks.root = nil }
  guard (try? blocks.readTree(clock: clock)) != nil, let root = blocks.root else { return }
  let directory = OpenDirectory(scratch: root, path: [])
  visit(directory, depth: 0)
  try? directory.createDirectory(Array("new".utf8))
  var names = 0
  try? directory.list(from: 2, room: 4096) { (item, _) throws(SystemError) in
    names += 1
    try? directory.unlink(item.name)
    return names < 20
  }
  try? blocks.synchronize()
}

private func visit(_ directory: OpenDirectory, depth: Int) {
  var names: [[UInt8]] = []
  try? directory.list(from: 2, room: 4096) { (item, _) throws(SystemError) in
    names.append(item.name)
    return names.count < 20
  }
  var request = OpenRequest()
  (request.canRead, request.canWrite) = (true, true)
  for name in names {
    _ = try? directory.attributes(name, follow: true)
    _ = try? directory.readLink(name)
    if case .file(let file)? = try? directory.open(name, request) {
      var list = One()
      _ = try? file.read(&list, at: 0)
      list = One()
      _ = try? file.write(&list, at: 5000)
      try? file.setSize(100)
    } else if depth < 20, case .directory(let inner)? = try? directory.open(name, OpenRequest()) {
      visit(inner, depth: depth + 1)
    }
  }
}

nonisolated(unsafe) private let buffer = UnsafeMutableRawPointer.allocate(byteCount: 10_000, alignment: 16)

private struct One: BufferList {
  var remaining: UInt64 = 10_000

  mutating func next(limit: UInt64) throws(SystemError) -> MemoryRegion? {
    guard remaining > 0 else { return nil }
    let part = MemoryRegion(base: buffer + Int(10_000 - remaining), count: min(limit, remaining))
    remaining -= part.count
    return part
  }
}

nonisolated(unsafe) private let window = UnsafeMutableRawPointer.allocate(byteCount: Int(MemoryMap.edgeWindowSize), alignment: 4096)

nonisolated(unsafe) private let clock = Clock(
  edge: EdgeClient(
    transport: EdgeTransport(
      window: window, exchange: { window.storeBytes(of: EdgeError.notSupported, toByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self) })),
  frequency: 1_000_000_000) { 5 }

private final class Store: BlockStore {
  private var blocks: [UInt64: [UInt8]] = [:]

  func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    for number in 0..<buffer.count / 4096 {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[number * 4096..<(number + 1) * 4096])
      if let block = blocks[first + UInt64(number)] { part.copyBytes(from: block) } else { part.initializeMemory(as: UInt8.self, repeating: 0) }
    }
    return buffer.count
  }

  func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    for number in 0..<buffer.count / 4096 { blocks[first + UInt64(number)] = [UInt8](buffer[number * 4096..<(number + 1) * 4096]) }
    return buffer.count
  }

  func flush() throws(BlockStoreError) {}
}
