/// OVMF's file: firmware with the tables that tell who starts a confidential guest what to load and to measure.
///
/// The tables stand before the last 32 bytes, each with its size and its GUID behind it (edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm).
package struct FirmwareVolume {
  static let alignment = 4096
  private static let fourGiB = 1 << 32
  private static let tableLimit = 64
  private static let sectionLimit = 64

  private static let footer = GUID("96b582de-1fb2-45f7-baea-a366c55a082d")
  private static let resetBlock = GUID("00f771de-1a7e-4fcb-890e-68c77e2fb44e")
  private static let hashTable = GUID("7255371f-3a3b-4b04-927b-1da6efa8d454")
  private static let sevMetadata = GUID("dc886566-984a-4798-a75e-5585a7bf67cc")
  private static let tdxMetadata = GUID("e47a6535-984a-4798-865e-4685a7bf8ec2")

  let bytes: [UInt8]
  private let file: BoundedBytes
  private var tables: [GUID: Range<Int>] = [:]

  package init(_ bytes: [UInt8], name: String) throws(NodeImageError) {
    self.bytes = bytes
    file = BoundedBytes(bytes: bytes, name: name, kind: "OVMF's firmware for x86-64 in one file")
    guard bytes.count >= Self.alignment, bytes.count.isMultiple(of: Self.alignment), bytes.count <= 64 << 20 else {
      throw file.damaged("its size", found: "\(bytes.count)", expected: "whole pages of 4 KiB, up to 64 MiB")
    }
    // Its own size and GUID end the list of tables.
    let last = bytes.count - 32
    guard GUID(try file.slice(last - 16, 16, "the last table")) == Self.footer else {
      throw file.damaged("its tables", found: "none", expected: "OVMF's list of tables before the last 32 bytes")
    }
    let total = try file.place(UInt16.self, last - 18, "the size of its tables")
    let first = last - total
    guard total >= 18, first >= 0 else { throw file.damaged("the size of its tables", found: "\(total)", expected: "18 to \(last)") }
    var end = last - 18
    while end - first >= 18 {
      let guid = GUID(try file.slice(end - 16, 16, "a table")), size = try file.place(UInt16.self, end - 18, "a table's size")
      guard size >= 18, size <= end - first, tables.count < Self.tableLimit else {
        throw file.damaged("a table's size", found: "\(size)", expected: "18 to \(end - first), of at most \(Self.tableLimit) tables")
      }
      tables[guid] = (end - size)..<(end - 18)
      end -= size
    }
  }

  /// Where it lies in the guest: it ends at 4 GiB.
  var address: Int { Self.fourGiB - bytes.count }

  private func number(_ guid: GUID, _ what: String) throws(NodeImageError) -> UInt32? {
    guard let table = tables[guid] else { return nil }
    guard table.count >= 4 else { throw file.damaged(what, found: "\(table.count) bytes", expected: "at least 4") }
    return try file.integer(UInt32.self, table.lowerBound, what)
  }

  /// Where further processors of an SEV guest begin.
  func secondaryStart() throws(NodeImageError) -> UInt32? { try number(Self.resetBlock, "the start of further processors") }

  /// Where the hashes of kernel, initial files and command line belong; nil where this build of OVMF does not check them.
  func hashTableAddress() throws(NodeImageError) -> UInt32? {
    guard let address = try number(Self.hashTable, "the place of the hashes"), address != 0 else { return nil }
    return address
  }

  struct SEVSection: Equatable {
    var address: Int
    var size: Int
    var type: UInt32
  }

  /// What an SEV-SNP guest has besides the firmware's own pages (edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm).
  func sevSections() throws(NodeImageError) -> [SEVSection] {
    guard let start = try metadata(Self.sevMetadata, "the metadata for SEV", signature: "ASEV", sectionSize: 12) else {
      throw file.damaged("its metadata for SEV", found: "none", expected: "a list of pages")
    }
    var sections: [SEVSection] = []
    for entry in start {
      let section = SEVSection(
        address: try file.place(UInt32.self, entry, "a section's address"), size: try file.place(UInt32.self, entry + 4, "a section's size"),
        type: try file.integer(UInt32.self, entry + 8, "a section's type"))
      try check(section.address, section.size)
      sections.append(section)
    }
    return sections
  }

  struct TDXSection: Equatable {
    var offset: Int
    var rawSize: Int
    var address: Int
    var size: Int
    var type: UInt32
    var attributes: UInt32
  }

  /// What a trust domain begins with (Intel TDX Virtual Firmware Design Guide, 11).
  func tdxSections() throws(NodeImageError) -> [TDXSection] {
    guard let start = try metadata(Self.tdxMetadata, "the metadata for TDX", signature: "TDVF", sectionSize: 32) else {
      throw file.damaged("its metadata for TDX", found: "none", expected: "a list of sections")
    }
    var sections: [TDXSection] = []
    for entry in start {
      let section = TDXSection(
        offset: try file.place(UInt32.self, entry, "a section's place"), rawSize: try file.place(UInt32.self, entry + 4, "a section's size here"),
        address: try file.place(UInt64.self, entry + 8, "a section's address"), size: try file.place(UInt64.self, entry + 16, "a section's size"),
        type: try file.integer(UInt32.self, entry + 24, "a section's type"), attributes: try file.integer(UInt32.self, entry + 28, "a section's attributes"))
      try check(section.address, section.size)
      _ = try file.range(section.offset, section.rawSize, "a section")
      guard section.rawSize <= section.size, section.attributes & 1 == 0 || section.rawSize == section.size else {
        throw file.damaged("a section's size here", found: "\(section.rawSize)", expected: "\(section.size), or less where it is not measured")
      }
      sections.append(section)
    }
    return sections
  }

  /// Whether both lists can be read.
  package func check() throws(NodeImageError) {
    _ = try (sevSections(), tdxSections(), hashTableAddress(), secondaryStart())
  }

  private func check(_ address: Int, _ size: Int) throws(NodeImageError) {
    guard address.isMultiple(of: Self.alignment), size.isMultiple(of: Self.alignment), address <= Self.fourGiB, size <= Self.fourGiB - address else {
      throw file.damaged("a section", found: "\(size) bytes at \(address)", expected: "whole pages of 4 KiB below 4 GiB")
    }
  }

  /// The places of a list's entries. Its table says how far before the end it begins: a signature, its size, its version, and how many there are.
  private func metadata(_ guid: GUID, _ what: String, signature: String, sectionSize: Int) throws(NodeImageError) -> [Int]? {
    guard let back = try number(guid, what) else { return nil }
    guard let start = Int(exactly: back).map({ bytes.count - $0 }) else { return nil }
    guard try file.slice(start, 4, what).elementsEqual(signature.utf8), try file.integer(UInt32.self, start + 8, what) == 1 else {
      throw file.damaged(what, found: "another signature or version", expected: "\(signature), version 1")
    }
    let count = try file.place(UInt32.self, start + 12, what)
    guard count <= Self.sectionLimit else { throw file.damaged(what, found: "\(count) sections", expected: "at most \(Self.sectionLimit)") }
    _ = try file.range(start + 16, count * sectionSize, what)
    return (0..<count).map { start + 16 + $0 * sectionSize }
  }
}
