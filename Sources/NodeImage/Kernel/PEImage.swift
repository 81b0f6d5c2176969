import Crypto

/// A program for firmware (PE32+), as a kernel is one too: the digest over it that firmware measures.
///
/// Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash": everything but the checksum, the entry that names
/// the signatures, and these.
package struct PEImage {
  private static let sectionLimit = 96

  /// The pieces that are hashed, in their order.
  private let pieces: [Range<Int>]
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8], name: String) throws(NodeImageError) {
    self.bytes = bytes
    let file = BoundedBytes(bytes: bytes, name: name, kind: "a kernel that firmware can start")
    let head = try file.place(UInt32.self, 0x3C, "the place of its PE header")
    guard try file.slice(head, 4, "its PE header").elementsEqual([0x50, 0x45, 0, 0]) else {
      throw file.damaged("its PE header", found: "other bytes", expected: "PE")
    }
    let sectionCount = try file.place(UInt16.self, head + 6, "the count of its sections")
    let optionalSize = try file.place(UInt16.self, head + 20, "the size of its optional header")
    let optional = head + 24
    let magic = try file.integer(UInt16.self, optional, "its optional header")
    guard magic == 0x20B, optionalSize >= 152, sectionCount <= Self.sectionLimit else {
      throw file.damaged("its optional header", found: "type \(magic), \(optionalSize) bytes, \(sectionCount) sections", expected: "PE32+ with at most \(Self.sectionLimit) sections")
    }
    let headers = try file.place(UInt32.self, optional + 60, "the size of its headers")
    let checksum = optional + 64
    let signatures = optional + 144
    guard signatures + 8 <= headers else {
      throw file.damaged("the size of its headers", found: "\(headers)", expected: "at least \(signatures + 8)")
    }
    var pieces = [
      try file.range(0, checksum, "its headers"), (checksum + 4)..<signatures,
      try file.range(signatures + 8, headers - signatures - 8, "its headers"),
    ]
    var sections: [Range<Int>] = []
    for index in 0..<sectionCount {
      let entry = optional + optionalSize + 40 * index
      let size = try file.place(UInt32.self, entry + 16, "a section's size")
      if size > 0 { sections.append(try file.range(file.place(UInt32.self, entry + 20, "a section's place"), size, "a section")) }
    }
    pieces += sections.sorted { $0.lowerBound < $1.lowerBound }
    let hashed = sections.reduce(headers) { $0 + $1.count }
    let signatureSize = try file.place(UInt32.self, signatures + 4, "the size of its signatures")
    guard hashed + signatureSize <= bytes.count else {
      throw file.damaged("its sections and signatures", found: "\(hashed + signatureSize) bytes", expected: "at most \(bytes.count)")
    }
    pieces.append(hashed..<(bytes.count - signatureSize))
    self.pieces = pieces
  }

  package func digest<Hash: HashFunction>(_ hash: Hash.Type) -> [UInt8] {
    var state = Hash()
    for piece in pieces { bytes[piece].withUnsafeBytes { state.update(bufferPointer: $0) } }
    return Array(state.finalize())
  }
}
