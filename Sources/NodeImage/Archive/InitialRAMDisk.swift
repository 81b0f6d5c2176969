/// Writes files as the kernel unpacks them into its first file system: cpio's format newc (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
///
/// One tree gives one sequence of bytes: sorted paths, all of them root's, of the year 1970, numbered in their order. It is not compressed: another
/// version of a compressor would give other bytes.
package enum InitialRAMDisk {
  private static let magic = "070701"
  private static let end = "TRAILER!!!"
  private static let directory: UInt32 = 0o040755
  private static let file: UInt32 = 0o100644
  private static let program: UInt32 = 0o100755
  private static let device: UInt32 = 0o020600

  package static func archive(_ tree: FileSystemTree) throws(NodeImageError) -> [UInt8] {
    var archive: [UInt8] = []
    let nodes = tree.sorted
    archive.reserveCapacity(nodes.reduce(4096) { $0 + size($1.node) + $1.path.utf8.count + 128 })
    for (index, entry) in nodes.enumerated() {
      let number = UInt32(truncatingIfNeeded: index + 1)
      switch entry.node {
      case .directory: add(&archive, entry.path, number, directory)
      case .device(let major, let minor): add(&archive, entry.path, number, device, device: (major, minor))
      case .file(let bytes, let isProgram):
        guard bytes.count <= UInt32.max else {
          throw NodeImageError(entry.path, found: "\(bytes.count) bytes", expected: "less than 4 GiB, which is all that the format has room for", "leave it out")
        }
        add(&archive, entry.path, number, isProgram ? program : file, bytes)
      }
    }
    add(&archive, end, 0, 0)
    return archive
  }

  private static func size(_ node: FileSystemTree.Node) -> Int {
    guard case .file(let bytes, _) = node else { return 0 }
    return bytes.count
  }

  private static func add(
    _ archive: inout [UInt8], _ path: String, _ number: UInt32, _ mode: UInt32, _ contents: [UInt8] = [], device: (UInt32, UInt32) = (0, 0)
  ) {
    let isDirectory = mode == directory
    // Number, mode, owner, group, links, time, size, the device that it is on (two), the device that it is (two), the name's size, a sum that is not used.
    let fields: [UInt32] = [
      number, mode, 0, 0, isDirectory ? 2 : 1, 0, UInt32(contents.count), 0, 0, device.0, device.1, UInt32(path.utf8.count + 1), 0,
    ]
    archive += magic.utf8
    for field in fields {
      let digits = String(field, radix: 16, uppercase: true)
      archive += String(repeating: "0", count: 8 - digits.count).utf8
      archive += digits.utf8
    }
    archive += path.utf8
    archive.append(0)
    pad(&archive)
    archive += contents
    pad(&archive)
  }

  private static func pad(_ archive: inout [UInt8]) {
    while !archive.count.isMultiple(of: 4) { archive.append(0) }
  }
}
