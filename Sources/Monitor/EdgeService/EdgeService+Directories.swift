import CLinux
import EdgeCalls
import Glibc

extension EdgeService {
  /// A cookie is one more than the position in the directory's stream, so that 0 is the beginning only. The position is the file
  /// system's own, stable while the directory changes.
  func readDirectory(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let node = try directory(call.arguments.0)
    let cookie = call.arguments.1
    guard let position = Int(exactly: cookie == 0 ? 0 : cookie - 1) else { throw .invalid }
    let space = call.space(call.arguments.2)
    let status = try status(of: node.descriptor)
    try retrying { lseek(node.descriptor, position, SEEK_SET) }

    // A host record is a little smaller than one of ours, so this reads hardly more than fits.
    var records = [UInt8](repeating: 0, count: max(Self.largestRecord, min(space.count, 0x8000)))
    let capacity = records.count
    var used = 0
    while true {
      let count = try checked(records.withUnsafeMutableBytes { coffer_read_directory(node.descriptor, $0.baseAddress, capacity) })
      if count == 0 { return EdgeAnswer(payloadLength: used) }
      var rest = records[..<min(count, capacity)]
      while !rest.isEmpty {
        let entry = try HostDirectoryEntry(&rest)
        let size = (Int(DirectoryEntry.headerSize) + entry.name.count + 7) & ~7
        guard size <= space.count - used else {
          guard used > 0 else { throw .invalid }
          return EdgeAnswer(payloadLength: used)
        }
        write(entry, of: node.descriptor, own: status.inode, to: UnsafeMutableRawBufferPointer(rebasing: space[used..<used + size]))
        used += size
      }
    }
  }

  /// linux_dirent64 with the longest name, rounded up.
  private static let largestRecord = 280

  private func write(_ entry: HostDirectoryEntry, of directory: Int32, own inode: UInt64, to space: UnsafeMutableRawBufferPointer) {
    var kind = NodeKind(directoryEntryType: entry.type)
    if kind == .unknown {
      // Some file systems keep kinds with the files only.
      var status = coffer_file_status()
      if coffer_status_at(directory, entry.name.map { CChar(bitPattern: $0) } + [0], &status) == 0 {
        kind = NodeKind(mode: status.mode)
      }
    }
    // What lies above an offered directory is nobody's business, not even its number.
    let isParent = entry.name.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")])
    for index in 0..<space.count { space[index] = 0 }
    space.storeBytes(of: entry.nextCookie.littleEndian, toByteOffset: Int(DirectoryEntry.nextCookie), as: UInt64.self)
    space.storeBytes(of: (isParent ? inode : entry.inode).littleEndian, toByteOffset: Int(DirectoryEntry.inode), as: UInt64.self)
    space.storeBytes(of: kind.rawValue.littleEndian, toByteOffset: Int(DirectoryEntry.kind), as: UInt32.self)
    space.storeBytes(of: UInt32(entry.name.count).littleEndian, toByteOffset: Int(DirectoryEntry.nameLength), as: UInt32.self)
    for (index, byte) in entry.name.enumerated() { space[Int(DirectoryEntry.headerSize) + index] = byte }
  }
}

/// One `linux_dirent64`: UInt64 inode, Int64 position of the next, UInt16 length of the record, UInt8 type, the name and NUL.
private struct HostDirectoryEntry {
  private static let nameOffset = 19

  let inode: UInt64
  let nextCookie: UInt64
  let type: UInt8
  let name: ArraySlice<UInt8>

  /// Takes the first record off. The kernel wrote it, perhaps for a file system in user space: lengths are checked.
  init(_ records: inout ArraySlice<UInt8>) throws(CallFailure) {
    guard records.count > Self.nameOffset else { throw .inputOutput }
    let start = records.startIndex
    inode = Self.integer(records[start..<start + 8])
    let position = Self.integer(records[start + 8..<start + 16])
    let length = Int(Self.integer(records[start + 16..<start + 18]))
    type = records[start + 18]
    guard length > Self.nameOffset, length <= records.count, position <= UInt64(Int64.max) else { throw .inputOutput }
    let tail = records[start + Self.nameOffset..<start + length]
    name = tail.prefix { $0 != 0 }
    guard (1...GuestPath.nameLengthLimit).contains(name.count) else { throw .inputOutput }
    nextCookie = position + 1
    records = records[(start + length)...]
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
