#if canImport(EdgeCalls)
  import EdgeCalls
#endif

public struct DirectoryItem {
  public let inode: UInt64
  public let kind: NodeKind
  public let name: [UInt8]
}

/// Numbers the entries of a host's directory from 2 on. The host goes on from cookies of its own; of these the last is
/// remembered, so that a listing in order asks for each entry once and any other order starts again.
struct HostListing {
  private var index: UInt64 = 2
  private var cookie: UInt64 = 0

  mutating func list(
    _ directory: HostHandle, from start: UInt64, room: UInt64,
    _ visit: (DirectoryItem, _ index: UInt64) throws(SystemError) -> Bool
  ) throws(SystemError) {
    if start < index || start == 2 { (index, cookie) = (2, 0) }
    // What is read lies on the heap at once.
    let wanted = max(4096, min(room, min(directory.edge.payload.count, 0x1_0000)))
    while true {
      let records: [UInt8]
      do throws(SystemError) {
        records = try directory.edge.readDirectory(directory, cookie: cookie, wanted: wanted)
      } catch {
        // A directory that was removed has nothing in it.
        if error == .notFound { return }
        throw error
      }
      if records.isEmpty { return }
      var reader = ByteReader(records)
      while !reader.isAtEnd {
        guard let record = Record(&reader) else { throw .inputOutput }
        if !record.isSelfOrParent, index >= start {
          guard isUTF8(record.name) else { throw .illegalByteSequence }
          let item = DirectoryItem(inode: record.inode, kind: record.kind, name: record.name)
          guard try visit(item, index) else { return }
        }
        if !record.isSelfOrParent { index += 1 }
        cookie = record.nextCookie
      }
    }
  }

  /// A ``DirectoryEntry`` as the host gave it, or nil if it is not one.
  private struct Record {
    let nextCookie: UInt64
    let inode: UInt64
    let kind: NodeKind
    let name: [UInt8]

    init?(_ reader: inout ByteReader) {
      guard let nextCookie = reader.uint64(), nextCookie != 0, let inode = reader.uint64(),
        let number = reader.uint32(), let kind = NodeKind(rawValue: number), let length = reader.uint32(),
        length >= 1, length <= 255, let name = reader.take(length), reader.take((8 - length % 8) % 8) != nil,
        !name.contains(0), !name.contains(RelativePath.separator)
      else { return nil }
      self.nextCookie = nextCookie
      self.inode = inode
      self.kind = kind
      self.name = name
    }

    var isSelfOrParent: Bool {
      let dot = UInt8(ascii: ".")
      return name[0] == dot && (name.count == 1 || name.count == 2 && name[1] == dot)
    }
  }
}
