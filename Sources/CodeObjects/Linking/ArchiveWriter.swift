/// Puts object files into one `ar` archive in the System V form, so that a linker takes them all through a single
/// descriptor and names them in its messages.
package enum ArchiveWriter {
  package static func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var names: [UInt8] = []
    var offsets: [Int] = []
    for member in members {
      offsets.append(names.count)
      names += member.name.utf8.map { $0 == 10 || $0 == 47 ? 95 : $0 } + [47, 10]
    }
    var archive = Array("!<arch>\n".utf8)
    archive.reserveCapacity(names.count + members.reduce(128) { $0 + $1.bytes.count + 64 })
    append(names, named: "//", to: &archive)
    for (member, offset) in zip(members, offsets) { append(member.bytes, named: "/\(offset)", to: &archive) }
    return archive
  }

  /// The header's date, owner and mode are left at zero: they would make the bytes depend on more than the members.
  private static func append(_ bytes: [UInt8], named name: String, to archive: inout [UInt8]) {
    let fields = [(name, 16), ("0", 12), ("0", 6), ("0", 6), ("0", 8), (String(bytes.count), 10)]
    for (text, width) in fields {
      let text = Array(text.utf8.prefix(width))
      archive += text + Array(repeating: 32, count: width - text.count)
    }
    archive += [96, 10]
    archive += bytes
    if bytes.count % 2 == 1 { archive.append(10) }
  }
}
