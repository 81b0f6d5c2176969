import EdgeCalls
import ImageBuilding
import Testing
import TrustletImage

@Suite struct HostileImageTests {
  @Test func everyFlippedBitIsNoticed() throws {
    var draft = try sampleDraft()
    draft.regions.removeAll { $0.kind == .constants || $0.kind == .data }
    let image = Array(try draft.encode(hasher: SHA384Hasher.self))
    #expect(refusal(of: image) == nil)
    let storage = try image.withUnsafeBytes { (buffer) throws(ImageError) in try ImageStorage(copying: buffer) }
    var unnoticed: [Int] = []
    for position in 0..<image.count {
      for bit in 0..<8 where isOneOfTheBits(bit, position, of: image) {
        let changed = try ImageStorage(count: image.count) { (target) throws(ImageError) in
          target.copyMemory(from: storage.bytes)
          target[position] ^= 1 << bit
        }
        if (try? TrustletImage.parse(changed, hasher: SHA384Hasher.self)) != nil { unnoticed.append(position * 8 + bit) }
      }
    }
    #expect(unnoticed == [])
  }

  /// All of them; in a debug build, which takes ten times as long, of a zero byte only one.
  private func isOneOfTheBits(_ bit: Int, _ position: Int, of image: [UInt8]) -> Bool {
    #if DEBUG
      image[position] != 0 || position < 256 || bit == position % 8
    #else
      true
    #endif
  }

  @Test func everyTruncationIsNoticed() throws {
    let image = Array(try sampleDraft().encode(hasher: SHA384Hasher.self))
    for count in 0..<image.count {
      #expect(refusal(of: Array(image[..<count])) != nil, "\(count) bytes")
    }
    #expect(refusal(of: image + [0])?.code == .length)
    #expect(refusal(of: image + [UInt8](repeating: 0, count: 4096))?.code == .length)
  }

  /// Each of these has digests that fit, so that it is its structure that is refused.
  struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: ImageError.Code
    let tell: @Sendable (inout ImageDraft) throws -> Void

    init(_ description: String, _ code: ImageError.Code, _ tell: @escaping @Sendable (inout ImageDraft) throws -> Void) {
      testDescription = description
      self.code = code
      self.tell = tell
    }
  }

  private static func region(_ kind: ImageRegion.Kind, _ change: @escaping @Sendable (inout ImageDraft.Region) -> Void)
    -> @Sendable (inout ImageDraft) throws -> Void
  {
    { draft in
      let index = try #require(draft.regions.firstIndex { $0.kind == kind })
      change(&draft.regions[index])
    }
  }

  static let lies: [Lie] = [
    Lie("code that could be written", .writableAndExecutable, region(.code) { $0.rights = [.read, .write, .execute] }),
    Lie("data that could be executed", .writableAndExecutable, region(.data) { $0.rights = [.read, .write, .execute] }),
    Lie("write and execute alone", .writableAndExecutable, region(.heap) { $0.rights = [.write, .execute] }),
    Lie("constants that could be written", .rights, region(.constants) { $0.rights = [.read, .write] }),
    Lie("a file tree that could be written", .rights, region(.fileTree) { $0.rights = [.read, .write] }),
    Lie("a stack that could be executed", .rights, region(.stack) { $0.rights = [.read, .execute] }),
    Lie("unknown rights", .rights, region(.data) { $0.rights = ImageRights(rawValue: 0x8000_0003) }),
    Lie("no rights", .rights, region(.linearMemory(0)) { $0.rights = [] }),
    Lie("an address within a page", .region, region(.constants) { $0.address += 8 }),
    Lie("a size within a page", .region, region(.data) { $0.size += 1 }),
    Lie("a limit within a page", .region, region(.linearMemory(0)) { $0.sizeLimit += 1 }),
    Lie("a size beyond its limit", .region, region(.linearMemory(0)) { $0.sizeLimit = 0 }),
    Lie("the end of the address space", .region, region(.linearMemory(1)) { $0.address = UInt64.max - 0xFFF }),
    Lie("a size that overflows", .region, region(.linearMemory(1)) { $0.sizeLimit = UInt64.max - 0xFFFF }),
    Lie("kernel addresses", .region, region(.linearMemory(1)) { $0.address = 0xFFFF_8000_0000_0000 }),
    Lie("code over constants", .overlap, region(.code) { ($0.size, $0.sizeLimit) = (0x2000, 0x2000) }),
    Lie("linear memory that would grow into the heap", .overlap, region(.linearMemory(0)) { $0.sizeLimit = 0x2_C001_0000 }),
    Lie("two regions at one address", .order, region(.constants) { $0.address = MemoryMap.image }),
    Lie("regions out of order", .order, { $0.regions.swapAt(2, 3) }),
    Lie("a region twice", .order, { $0.regions.insert($0.regions[1], at: 1) }),
    Lie("a growing stack", .overlap, region(.stack) { $0.sizeLimit += 0x100_0000 }),
    Lie("a growing heap", .region, region(.heap) { $0.sizeLimit += 0x1000 }),
    Lie("an empty heap", .region, region(.heap) { ($0.size, $0.sizeLimit) = (0, 0) }),
    Lie("contents for the stack", .region, region(.stack) { $0.contents = [1] }),
    Lie("contents for linear memory", .region, region(.linearMemory(0)) { $0.contents = [1] }),
    Lie("contents larger than the region", .region, region(.data) { $0.contents = [UInt8](repeating: 1, count: 0x2001) }),
    Lie("code below the image", .region, region(.code) { $0.address = MemoryMap.image - 0x1000 }),
    Lie(
      "data beyond the image's place", .region,
      region(.data) { ($0.size, $0.sizeLimit) = (0x3000_0000, 0x3000_0000) }),
    Lie("a stack of another size", .region, region(.stack) { $0.address += 0x1000; $0.size -= 0x1000; $0.sizeLimit -= 0x1000 }),
    Lie("a stack elsewhere", .region, region(.stack) { $0.address -= 0x1000 }),
    Lie("a trap stack elsewhere", .region, region(.trapStack) { $0.address += 0x1000 }),
    Lie("an edge window elsewhere", .region, region(.edgeWindow) { $0.address += 0x1000 }),
    Lie("a heap for names that the manifest has no scratch space for", .region, region(.heap) { ($0.size, $0.sizeLimit) = (0x200_0000, 0x200_0000) }),
    Lie("a heap elsewhere", .region, region(.heap) { $0.address += 0x1000 }),
    Lie("a guest manifest elsewhere", .region, region(.guestManifest) { $0.address += 0x1000 }),
    Lie("a file tree elsewhere", .region, region(.fileTree) { $0.address += 0x1000 }),
    Lie("a file tree over the doorbell", .region, region(.fileTree) { ($0.size, $0.sizeLimit) = (0x5000_0000, 0x5000_0000) }),
    Lie("a linear memory elsewhere", .region, region(.linearMemory(1)) { $0.address += 0x1_0000 }),
    Lie("half a page of linear memory", .region, region(.linearMemory(0)) { $0.size = 0x8000 }),
    Lie("more linear memory than the manifest allows", .region, region(.linearMemory(0)) { $0.sizeLimit = 0x800_0000 }),
    Lie("no linear memory 0", .region, { $0.regions.removeAll { $0.kind == .linearMemory(0) } }),
    Lie("no stack", .region, { $0.regions.removeAll { $0.kind == .stack } }),
    Lie("no guest manifest", .region, { $0.regions.removeAll { $0.kind == .guestManifest } }),
    Lie("no regions", .region, { $0.regions = [] }),
    Lie("no code", .launchRecord, { $0.regions.removeAll { $0.kind == .code } }),
    Lie("too little code for the trap entry", .launchRecord, region(.code) { $0.contents = [0xCC] }),
    Lie("constants at the entry", .launchRecord, region(.code) { $0.kind = .constants }),
    Lie("two guest manifests", .region, region(.fileTree) { $0.kind = .guestManifest }),
    Lie("an entry elsewhere", .launchRecord, { $0.record.entry += 4 }),
    Lie("a stack pointer elsewhere", .launchRecord, { $0.record.stackPointer -= 16 }),
    Lie("an unknown architecture", .launchRecord, { $0.record.architecture = "z80" }),
    Lie("an architecture of many bytes", .launchRecord, { $0.record.architecture = String(repeating: "x", count: 100) }),
    Lie("too many regions", .limit, { $0.regions = Array(repeating: $0.regions[0], count: 8193) }),
    Lie("another manifest for the guest", .guestManifest, { $0.record.manifest.host.directories = .write }),
    Lie("more arguments for the guest", .guestManifest, { $0.record.manifest.arguments.append("--unsafe") }),
    Lie("a manifest with a stack that is too large", .manifest, { $0.record.manifest.stack = .gibibytes(1) }),
    Lie("a manifest with too much memory", .manifest, { $0.record.manifest.memory = .gibibytes(65) }),
    Lie("a manifest with '=' in a name", .manifest, { $0.record.manifest.environment["A=B"] = "C" }),
    Lie("machine pages out of order", .order, { $0.record.machinePages.swapAt(0, 1) }),
    Lie("a machine page twice", .order, { $0.record.machinePages.append($0.record.machinePages[1]) }),
    Lie("an empty machine page", .machinePage, { $0.record.machinePages[0].bytes = [] }),
    Lie("a machine page that is too long", .launchRecord, { $0.record.machinePages[0].bytes = [UInt8](repeating: 0, count: 4097) }),
    Lie("a machine without a name", .machinePage, { $0.record.machinePages[0].machine = "" }),
    Lie("a machine with a bad name", .machinePage, { $0.record.machinePages[0].machine = "../kvm" }),
    Lie("too many machine pages", .limit, { $0.record.machinePages = (0..<17).map { ("m\($0 + 10)", [1]) } }),
    Lie("an export of no instance", .export, { $0.instanceCount = 1 }),
    Lie("too many instances", .limit, { $0.instanceCount = UInt32.max }),
    Lie("an export twice", .order, { $0.exports = $0.exports + ImageExport.encodeTable([sampleExports[1]]) }),
    Lie("half an export", .export, { $0.exports.removeLast() }),
    Lie("an export of an unknown kind", .export, { $0.exports[8] = 2 }),
    Lie("an export's name that is not UTF-8", .export, { $0.exports[13] = 0xFF }),
    Lie("an export's name beyond the table", .export, { $0.exports[9] = 0xFF }),
    Lie("a huge export's name", .export, { $0.exports[12] = 0xFF }),
    Lie("an unknown value type", .export, { $0.exports[20] = 0 }),
    Lie("a global with parameters", .export, { $0.exports[8] = 1 }),
    Lie("an entry point beyond all", .export, { $0.exports[7] = 1 }),
    Lie("symbols of zero size", .symbols, { $0.symbols[1] = 0 }),
    Lie("a symbol outside the image", .symbols, { $0.symbols = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 0, 1, 0x61] }),
    Lie("a symbol whose size overflows", .symbols, { $0.symbols = [0] + [UInt8](repeating: 0xFF, count: 9) + [1, 0, 1, 0x61] }),
    Lie("a symbol that shares a name with none", .symbols, { $0.symbols = [0, 1, 1, 0] }),
    Lie("a symbol with an overlong number", .symbols, { $0.symbols = [0x80, 0, 1, 0, 1, 0x61] }),
    Lie("a symbol's name with control characters", .symbols, { $0.symbols = [0, 1, 0, 2, 0x1B, 0x5B] }),
    Lie("a symbol's name that is not UTF-8", .symbols, { $0.symbols = [0, 1, 0, 1, 0xC3] }),
    Lie(
      "a symbol that shares half a letter", .symbols, { $0.symbols = [0, 1, 0, 2, 0xC3, 0xA4, 0, 1, 1, 1, 0xB6] }),
    Lie(
      "a symbol with a name that is too long", .symbols,
      { $0.symbols = [0, 1, 0, 0x81, 0x08] + [UInt8](repeating: 0x61, count: 1025) }),
    Lie("half a symbol", .symbols, { $0.symbols.removeLast() }),
    Lie("lines at one address", .lines, { $0.lines = [0, 2, 0, 2] }),
    Lie("a line outside the image", .lines, { $0.lines = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 2] }),
    Lie("a line below zero", .lines, { $0.lines = [0, 3] }),
    Lie("a line beyond 32 bits", .lines, { $0.lines = [0, 0x80, 0x80, 0x80, 0x80, 0x20] }),
    Lie("half a line", .lines, { $0.lines.removeLast() }),
    Lie("files without a root", .files, region(.fileTree) { $0.contents[8] = 0 }),
    Lie("files with another magic number", .files, region(.fileTree) { $0.contents[0] = 0 }),
    Lie("huge file count", .files, region(.fileTree) { $0.contents[11] = 0xFF }),
    Lie("no files at all", .files, region(.fileTree) { $0.contents = [] }),
    Lie("a file of an unknown kind", .files, region(.fileTree) { $0.contents[16 + 32 + 8] = 3 }),
    Lie("a file's path elsewhere", .files, region(.fileTree) { $0.contents[16 + 32] += 1 }),
    Lie("a file's path beyond all", .files, region(.fileTree) { $0.contents[16 + 32 + 7] = 0xFF }),
    Lie("a file's contents elsewhere", .files, region(.fileTree) { $0.contents[16 + 3 * 32 + 16] += 16 }),
    Lie("a file's contents beyond all", .files, region(.fileTree) { $0.contents[16 + 3 * 32 + 31] = 0xFF }),
    Lie("a directory with contents", .files, region(.fileTree) { $0.contents[16 + 32 + 24] = 1 }),
    Lie("a file named '..'", .files, region(.fileTree) { $0.contents.replaceSubrange(194..<197, with: "/..".utf8) }),
    Lie("a file in no directory", .files, region(.fileTree) { $0.contents.replaceSubrange(194..<197, with: "/.x".utf8) }),
    Lie("a path that is not UTF-8", .files, region(.fileTree) { $0.contents[196] = 0xFF }),
    Lie("files out of order", .order, region(.fileTree) { $0.contents[176] = UInt8(ascii: "x") }),
    Lie("bytes after the files", .files, region(.fileTree) { $0.contents.append(0) }),
  ]

  @Test(arguments: lies)
  func liesAreRefused(lie: Lie) throws {
    var draft = try sampleDraft()
    try lie.tell(&draft)
    let bytes = try draft.encode(hasher: SHA384Hasher.self)
    let error = refusal(of: bytes)
    #expect(error?.code == lie.code, "\(error.map(\.message) ?? "read")")
  }

  /// Bytes that no draft could write, with digests that fit.
  @Test(arguments: [
    (0, 0x88, .notAnImage), (8, 1, .version), (8, 3, .version), (23, 1, .limit), (17, 0xFF, .length), (31, 1, .limit), (27, 1, .limit),
    (36, 1, .limit), (44, 1, .limit), (55, 0xFF, .limit), (34, 0xFF, .length), (66, 0xFF, .limit), (71, 1, .limit), (72, 1, .length), (159, 1, .length),
    (256, 0, .launchRecord), (272, 9, .launchRecord), (279, 1, .launchRecord), (305, 1, .limit), (306 + 44, 1, .region),
    (306 + 32, 99, .region), (306 + 36, 1, .region), (306 + 31, 1, .length), (306 + 24, 1, .length),
  ] as [(Int, UInt8, ImageError.Code)])
  func fieldsOutOfRangeAreRefused(position: Int, value: UInt8, code: ImageError.Code) throws {
    var bytes = try sampleDraft().encode(hasher: SHA384Hasher.self)
    bytes[position] = value
    if let sealed = try? resealed(bytes) { bytes = sealed }
    let error = refusal(of: bytes)
    #expect(error?.code == code, "\(error.map(\.message) ?? "read")")
  }

  /// What was found, what is wanted, and what to do: older images are built again, newer ones are for a newer program.
  @Test(arguments: [
    (1, "the image has format version 1, this version of coffer wants 2: build it again from its module"),
    (3, "the image has format version 3, this version of coffer wants 2: use the coffer that built it, or a newer one"),
  ] as [(UInt8, String)])
  func imagesOfOtherVersionsAreRefusedWithAWord(version: UInt8, message: String) throws {
    var bytes = try sampleDraft().encode(hasher: SHA384Hasher.self)
    bytes[8] = version
    #expect(refusal(of: bytes)?.message == message)
  }

  @Test func paddingMustBeZero() throws {
    var bytes = try sampleDraft().encode(hasher: SHA384Hasher.self)
    let header = try bytes.withUnsafeBytes { try ImageHeader(decoding: $0) }
    bytes[header.padding.lowerBound] = 1
    #expect(refusal(of: try resealed(bytes))?.code == .length)
    bytes[header.padding.lowerBound] = 0
    bytes[header.contents.lowerBound + 100] = 1
    #expect(refusal(of: try resealed(bytes))?.code == .region)
  }

  @Test func manyChangesOfEachByteNeverTrap() throws {
    let image = try sampleDraft().encode(hasher: SHA384Hasher.self)
    var read = 0
    for position in 0..<image.count where position < 1000 || position % 37 == 0 {
      for value: UInt8 in [0x00, 0x01, 0x7F, 0xFF] {
        var bytes = image
        bytes[position] = value
        guard let sealed = try? resealed(bytes) else { continue }
        if refusal(of: sealed) == nil { read += 1 }
      }
    }
    #expect(read > 0)
  }
}
