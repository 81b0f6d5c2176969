import EdgeCalls
import Foundation
import GuestCrypto
import LibOS
import SealedFiles
import SealedVolume
import SeededNumbers

/// A directory in scratch memory, or in a volume: what a program has of either.
final class Tree {
  let root: OpenDirectory
  private let system: ScratchFileSystem
  private let memory: UnsafeMutableRawPointer
  private let memorySize: Int
  private let window: UnsafeMutableRawPointer
  private let forget: () -> Void
  private var published: VolumeVersion?

  init(scratch size: UInt64) {
    let bytes = Int(GuestManifest.scratchRegionSize(size))
    (memory, memorySize, window) = (Tree.zeros(bytes), bytes, Tree.zeros(Int(MemoryMap.edgeWindowSize)))
    system = ScratchFileSystem(ScratchBlocks(MemoryRegion(base: memory, count: UInt64(bytes))), clock: Tree.clock(window))
    root = OpenDirectory(scratch: system.makeRoot(), path: [])
    forget = {}
  }

  init<Store: BlockStore>(opening store: Store, seed: UInt64, key: consuming SecretBytes = Fixture.key(), size: UInt64 = 512 << 10) throws {
    let layout = SealedLayout(size: size)
    var volume = try SealedVolume(opening: store, key: key, expecting: nil, cachedNodes: layout.cachedNodes)
    var random = SeededGenerator(seed: seed &+ 77)
    try volume.begin(random.session())
    (memory, memorySize, window) = (Tree.zeros(Int(layout.memorySize)), Int(layout.memorySize), Tree.zeros(Int(MemoryMap.edgeWindowSize)))
    let last = LastVersion(volume.version)
    let blocks = SealedBlocks(volume, layout: layout, base: memory) { last.version = $0 }
    system = try blocks.readTree(clock: Tree.clock(window))
    guard let top = blocks.root else { throw SealedFailure.malformedTree }
    root = OpenDirectory(scratch: top, path: [])
    forget = { blocks.root = nil }
    lastVersion = last
  }

  private var lastVersion: LastVersion?

  private final class LastVersion {
    var version: VolumeVersion
    init(_ version: VolumeVersion) { self.version = version }
  }

  // Nodes give their blocks back when they go, which they do behind this: the memory stays until the process ends, without its pages.
  deinit {
    forget()
    madvise(memory, memorySize, MADV_DONTNEED)
  }

  /// Pages that nobody touches cost nothing.
  private static func zeros(_ count: Int) -> UnsafeMutableRawPointer {
    guard let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), memory != MAP_FAILED else {
      preconditionFailure("no memory")
    }
    return memory
  }

  /// One that moves by a microsecond at each look, and a host that knows no time.
  private static func clock(_ window: UnsafeMutableRawPointer) -> Clock {
    let edge = EdgeClient(
      transport: EdgeTransport(window: window, exchange: { window.storeBytes(of: EdgeError.notSupported, toByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self) }))
    var counter: UInt64 = 1_000_000
    return Clock(edge: edge, frequency: 1_000_000_000) {
      counter += 1000
      return counter
    }
  }

  func commit() throws(SystemError) { try system.blocks.synchronize() }
  func version() throws -> VolumeVersion? { lastVersion?.version }

  func write(_ name: String, _ bytes: [UInt8]) throws(SystemError) {
    guard case .file(let file) = try root.open(Array(name.utf8), .writing) else { return }
    var list = Bytes(bytes)
    guard try file.write(&list) == UInt64(bytes.count) else { throw .noSpace }
  }

  func read(_ name: String) throws -> [UInt8] {
    guard case .file(let file) = try root.open(Array(name.utf8), .reading) else { return [] }
    var list = Bytes([UInt8](repeating: 0xEE, count: Int(try file.attributes().size)))
    let count = try file.read(&list)
    return Array(list.bytes.prefix(Int(count)))
  }

  /// Each path, and what is there.
  func contents(withTimes: Bool = false) -> [String: String] {
    var found: [String: String] = [:]
    collect(root, "", withTimes, &found)
    return found
  }

  private func collect(_ directory: OpenDirectory, _ prefix: String, _ withTimes: Bool, _ found: inout [String: String]) {
    var names: [[UInt8]] = []
    do {
      try directory.list(from: 2, room: 1 << 20) { (item, _) throws(SystemError) in
        names.append(item.name)
        return true
      }
      for name in names {
        let path = "\(prefix)/\(String(decoding: name, as: UTF8.self))"
        let attributes = try directory.attributes(name, follow: false)
        let times = withTimes ? " \(attributes.inode) \(attributes.linkCount) \(attributes.modificationTime) \(attributes.changeTime)" : ""
        switch attributes.kind {
        case .directory:
          found[path] = "directory" + times
          if case .directory(let inner) = try directory.open(name, .reading) { collect(inner, path, withTimes, &found) }
        case .symbolicLink: found[path] = "link to \(String(decoding: try directory.readLink(name), as: UTF8.self))" + times
        default:
          // What a broken tree says of a size may be anything.
          guard attributes.size <= 1 << 20, case .file(let file) = try directory.open(name, .reading) else { continue }
          var list = Bytes([UInt8](repeating: 0, count: Int(attributes.size)))
          _ = try file.read(&list)
          let shown = list.bytes.count <= 8 ? list.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() : digest(list.bytes)
          found[path] = "file of \(attributes.size): \(shown)" + times
        }
      }
    } catch {
      found[prefix] = "error \(error)"
    }
  }
}

/// The same for the same bytes within this process; tests are not optimised, the standard library is.
func digest(_ bytes: [UInt8]) -> String {
  var hasher = Hasher()
  bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  return "\(hasher.finalize())"
}

/// A buffer outside of any linear memory.
final class Bytes: BufferList {
  private let memory: UnsafeMutableRawBufferPointer
  private var position = 0

  init(_ bytes: [UInt8]) {
    memory = .allocate(byteCount: max(1, bytes.count), alignment: 16)
    memory.copyBytes(from: bytes)
    count = bytes.count
  }

  deinit { memory.deallocate() }

  private let count: Int
  var bytes: [UInt8] { [UInt8](memory.prefix(count)) }
  var remaining: UInt64 { UInt64(count - position) }

  func next(limit: UInt64) throws(SystemError) -> MemoryRegion? {
    guard remaining > 0, let base = memory.baseAddress else { return nil }
    let length = min(limit, remaining)
    defer { position += Int(length) }
    return MemoryRegion(base: base + position, count: length)
  }
}

/// Something that a program does, and what came of it in words.
enum Action {
  case write(String, UInt64, [UInt8])
  case append(String, [UInt8])
  case read(String, UInt64, Int)
  case setSize(String, UInt64)
  case directory(String)
  case removeDirectory(String)
  case unlink(String)
  case rename(String, String)
  case link(String, String)
  case symlink(String, String)
  case list(String)

  init(_ random: inout SeededGenerator) {
    func path(_ random: inout SeededGenerator) -> String {
      let names = ["a", "b", "c", "long-" + String(repeating: "n", count: 240), "é"]
      let depth = [1, 1, 2, 2, 3][Int.random(in: 0..<5, using: &random)]
      return (0..<depth).map { _ in names[Int.random(in: 0..<5, using: &random)] }.joined(separator: "/")
    }
    func bytes(_ random: inout SeededGenerator) -> [UInt8] {
      let (count, first) = ([1, 100, 4096, 8192, 20_000][Int.random(in: 0..<5, using: &random)], UInt8.random(in: 0...255, using: &random))
      var bytes = [UInt8](repeating: first, count: count)
      for place in stride(from: 0, to: count, by: 500) { bytes[place] = UInt8.random(in: 0...255, using: &random) }
      return bytes
    }
    let offset = [0, 1, 4095, 4096, 50_000, 300_000][Int.random(in: 0..<6, using: &random)]
    switch Int.random(in: 0..<22, using: &random) {
    case 0...5: self = .write(path(&random), UInt64(offset), bytes(&random))
    case 6: self = .append(path(&random), bytes(&random))
    case 7...9: self = .read(path(&random), UInt64(offset), 10_000)
    case 10, 11: self = .setSize(path(&random), UInt64(offset))
    case 12...14: self = .directory(path(&random))
    case 15: self = .removeDirectory(path(&random))
    case 16: self = .unlink(path(&random))
    case 17, 18: self = .rename(path(&random), path(&random))
    case 19: self = .link(path(&random), path(&random))
    case 20: self = .symlink(path(&random), path(&random))
    default: self = .list(path(&random))
    }
  }

  func perform(in root: OpenDirectory) -> String {
    do throws(SystemError) { return try result(in: root) } catch { return "error \(error.number)" }
  }

  private func file(_ path: String, _ root: OpenDirectory, create: Bool) throws(SystemError) -> OpenFile {
    var request = OpenRequest()
    (request.canRead, request.canWrite, request.create, request.follow) = (true, true, create, true)
    guard case .file(let file) = try root.open(Array(path.utf8), request) else { throw .isDirectory }
    return file
  }

  private func result(in root: OpenDirectory) throws(SystemError) -> String {
    switch self {
    case .write(let path, let offset, let bytes):
      var list = Bytes(bytes)
      return "\(try file(path, root, create: true).write(&list, at: offset))"
    case .append(let path, let bytes):
      let file = try file(path, root, create: true)
      file.appends = true
      var list = Bytes(bytes)
      return "\(try file.write(&list)) \(file.position)"
    case .read(let path, let offset, let count):
      var list = Bytes([UInt8](repeating: 0, count: count))
      let read = try file(path, root, create: false).read(&list, at: offset)
      return "\(read) \(digest(Array(list.bytes.prefix(Int(read)))))"
    case .setSize(let path, let size): try file(path, root, create: false).setSize(size)
    case .directory(let path): try root.createDirectory(Array(path.utf8))
    case .removeDirectory(let path): try root.removeDirectory(Array(path.utf8))
    case .unlink(let path): try root.unlink(Array(path.utf8))
    case .rename(let old, let new): try root.rename(Array(old.utf8), to: root, Array(new.utf8))
    case .link(let old, let new): try root.link(Array(old.utf8), follow: false, to: root, Array(new.utf8))
    case .symlink(let target, let path): try root.symlink(target: Array(target.utf8), Array(path.utf8))
    case .list(let path):
      guard case .directory(let directory) = try root.open(Array(path.utf8), .reading) else { throw .notDirectory }
      var names: [String] = []
      try directory.list(from: 0, room: 1 << 20) { (item, _) throws(SystemError) in
        names.append("\(String(decoding: item.name, as: UTF8.self)) \(item.kind)")
        return true
      }
      return names.sorted().joined(separator: ", ")
    }
    return "done"
  }
}
