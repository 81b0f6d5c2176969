import EdgeCalls
import ImageBuilding
import TrustletImage
import WasmFormat

/// A small executable made byte by byte, so that each of its fields can be wrong.
struct SampleExecutable {
  struct Segment {
    var type: UInt32 = 1
    var flags: UInt32
    var address: UInt64
    var contents: [UInt8]
    var memorySize: UInt64
    var fileOffset: UInt64?
    var fileSize: UInt64?
  }

  var machine: UInt16 = 62
  var type: UInt16 = 2
  var entry = MemoryMap.image
  var segments = [
    Segment(flags: 5, address: MemoryMap.image, contents: [UInt8](repeating: 0xCC, count: 100), memorySize: 100),
    Segment(flags: 4, address: MemoryMap.image + 0x1000, contents: Array("constants".utf8), memorySize: 9),
    Segment(flags: 6, address: MemoryMap.image + 0x2000, contents: [1, 2, 3], memorySize: 0x1800),
  ]

  var bytes: [UInt8] {
    var head: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    head += littleEndian(type) + littleEndian(machine) + littleEndian(UInt32(1)) + littleEndian(entry)
    head += littleEndian(UInt64(64)) + littleEndian(UInt64(0)) + littleEndian(UInt32(0))
    for value in [64, 56, UInt16(segments.count), 64, 0, 0] { head += littleEndian(value) }
    var offset = UInt64(64 + 56 * segments.count)
    var body: [UInt8] = []
    for segment in segments {
      head += littleEndian(segment.type) + littleEndian(segment.flags) + littleEndian(segment.fileOffset ?? offset)
      head += littleEndian(segment.address) + littleEndian(segment.address)
      head += littleEndian(segment.fileSize ?? UInt64(segment.contents.count)) + littleEndian(segment.memorySize)
      head += littleEndian(UInt64(0x1000))
      body += segment.contents
      offset += UInt64(segment.contents.count)
    }
    return head + body
  }
}

func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

let sampleExports = [
  ImageExport(instance: 0, name: "run", kind: .function, entryPoint: 1, type: FunctionType(parameters: [.i32], results: [.i64])),
  ImageExport(instance: 1, name: "counter", kind: .global, entryPoint: 0, type: FunctionType(results: [.f32])),
]

func sampleManifest() -> Manifest {
  var manifest = Manifest()
  manifest.memory = .mebibytes(64)
  manifest.time = .seconds(30)
  manifest.arguments = ["--verbose", "ä\"\n"]
  manifest.environment = ["HOME": "/", "LANG": "C"]
  manifest.host.directories = .read
  manifest.cpu = "x86-64-v2"
  manifest.generator = "llvm"
  manifest.compiler = "clang 21"
  return manifest
}

func sampleFiles() throws -> ImageFiles {
  var files = ImageFiles()
  try files.addFile("/etc/hosts", contents: Array("127.0.0.1 localhost\n".utf8))
  try files.addFile("/etc/empty", contents: [])
  try files.addDirectory("tmp")
  return files
}

func sampleBuilder(
  manifest: Manifest = sampleManifest(), executable: [UInt8] = SampleExecutable().bytes,
  linearMemories: [(initial: UInt64, maximum: UInt64)] = [(0x1_0000, 0x10_0000), (0, UInt64(1) << 32)],
  exports: [ImageExport] = sampleExports, architecture: String = "x86_64"
) throws -> ImageBuilder {
  ImageBuilder(
    architecture: architecture, manifest: manifest, executable: executable,
    machinePages: [("process", [0x90, 0xC3]), ("kvm", [0xF4])], linearMemories: linearMemories, exports: exports,
    instanceCount: 2, files: try sampleFiles())
}

/// The parts of the sample image, to be changed and then encoded with digests that fit.
func sampleDraft() throws -> ImageDraft {
  let image = try sampleBuilder().build()
  let table = { (range: Range<Int>) in Array(ImageBytes(image.storage, range)) }
  let header = try ImageHeader(decoding: image.storage.bytes)
  return ImageDraft(
    record: LaunchRecord(
      architecture: image.architecture, entry: image.entry, stackPointer: image.stackPointer, regions: [],
      manifest: image.manifest, machinePages: image.machinePages),
    regions: image.regions.map { region in
      ImageDraft.Region(
        kind: region.kind, address: region.address, size: region.size, sizeLimit: region.sizeLimit,
        contents: Array(image.contents(of: region)))
    },
    exports: table(header.exports), instanceCount: image.instanceCount,
    symbols: SymbolTable.encode([
      .init(address: MemoryMap.image, size: 16, name: "_start"),
      .init(address: MemoryMap.image + 16, size: 40, name: "_stop"),
    ], of: .image),
    lines: LineTable.encode([
      .init(address: MemoryMap.image + 4, wasmOffset: 70), .init(address: MemoryMap.image + 20, wasmOffset: 0),
    ]))
}

/// Writes digests that fit what the header says and what is there, so that it is not they that are found wrong.
func resealed(_ bytes: [UInt8]) throws -> [UInt8] {
  var bytes = bytes
  var header = try bytes.withUnsafeBytes { try ImageHeader(decoding: $0) }
  guard header.fileLength == UInt64(bytes.count) else { return bytes }
  ImageDraft.seal(&bytes, &header, hasher: SHA384Hasher.self)
  return bytes
}

func refusal(of bytes: [UInt8]) -> ImageError? {
  do {
    _ = try TrustletImage.read(bytes: bytes)
    return nil
  } catch {
    return error
  }
}
