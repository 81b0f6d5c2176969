import EdgeCalls
import Foundation
import ImageBuilding
import Testing
import TrustletImage
import WasmFormat

@Suite struct RoundTripTests {
  @Test func whatIsBuiltIsRead() throws {
    let image = try sampleBuilder().build()
    #expect(image.architecture == "x86_64")
    #expect(image.manifest == sampleManifest())
    #expect(image.entry == MemoryMap.image)
    #expect(image.stackPointer == MemoryMap.stackTop)
    #expect(image.instanceCount == 2)
    #expect(image.exports == sampleExports)
    #expect(image.export("counter", instance: 1) == sampleExports[1])
    #expect(image.export("counter") == nil)
    #expect(image.machinePages.map(\.machine) == ["kvm", "process"])
    #expect(image.machinePages.map(\.bytes) == [[0xF4], [0x90, 0xC3]])
    #expect(image.files.map(\.path) == ["", "etc", "etc/empty", "etc/hosts", "tmp"])
    #expect(image.files.map(\.isDirectory) == [true, true, false, false, true])
  }

  @Test func regionsLieWhereTheMemoryMapHasThem() throws {
    let image = try sampleBuilder().build()
    let table = image.regions.map { "\($0.kind) \(hex($0.address)) \(hex($0.size)) \(hex($0.sizeLimit)) \($0.rights) \($0.contents.count)" }
    let guestManifestSize = try sampleManifest().guestManifest().count
    let fileTreeSize = try sampleFiles().encoded().count
    #expect(
      table == [
        "trap stack 0x180000 0x8000 0x8000 rw- 0",
        "edge window 0x200000 0x101000 0x101000 rw- 0",
        "code 0x400000 0x1000 0x1000 r-x 100",
        "constants 0x401000 0x1000 0x1000 r-- 9",
        "data 0x402000 0x2000 0x2000 rw- 3",
        "stack 0x3fef0000 0x100000 0x100000 rw- 0",
        "linear memory 0 0x40000000 0x10000 0x100000 rw- 0",
        "heap 0x300000000 0x800000 0x800000 rw- 0",
        "guest manifest 0x310000000 0x1000 0x1000 r-- \(guestManifestSize)",
        "file tree 0x340000000 0x1000 0x1000 r-- \(fileTreeSize)",
        "linear memory 1 0x400000000 0x0 0x4000000 rw- 0",
      ])
    for region in image.regions where !region.contents.isEmpty {
      #expect(region.contents.lowerBound.isMultiple(of: MemoryMap.pageSize))
      image.contents(of: region).withUnsafeBytes { bytes in
        #expect(UInt(bitPattern: bytes.baseAddress) % UInt(MemoryMap.pageSize) == 0)
      }
    }
    let data = try #require(image.regions.first { $0.kind == .data })
    #expect(Array(image.contents(of: data)) == [1, 2, 3])
  }

  @Test func theSameInputsGiveTheSameBytes() throws {
    let first = Array(try sampleBuilder().build().encoded)
    for _ in 0..<8 {
      let again = try sampleBuilder(exports: sampleExports.shuffled()).build()
      #expect(first.elementsEqual(again.encoded))
    }
  }

  @Test func hostPathsAreNotInTheImage() throws {
    var manifest = sampleManifest()
    manifest.files = ["/etc/hosts": "somewhere/secret-name"]
    let image = try sampleBuilder(manifest: manifest).build()
    #expect(image.measurement == (try sampleBuilder().build().measurement))
    #expect(image.manifest.files.isEmpty)
  }

  @Test func filesAreWrittenWholeAndReadBack() throws {
    let directory = try TemporaryDirectory()
    let image = try sampleBuilder().build()
    let path = directory.path + "/hello.coffer"
    try image.write(to: path)
    try image.write(to: path)
    let read = try TrustletImage.read(path: path)
    #expect(read.encoded.elementsEqual(image.encoded))
    #expect(read.measurement == image.measurement)
    #expect(read.regions == image.regions)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["hello.coffer"])
    #expect(throws: ImageError.self) { try image.write(to: directory.path + "/missing/hello.coffer") }
    #expect(throws: ImageError.self) { try image.write(to: directory.path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["hello.coffer"])
  }

  @Test func filesThatAreNoImagesAreRefused() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    let image = Array(try sampleBuilder().build().encoded)
    let cases: [([UInt8], ImageError.Code)] = [
      ([], .notAnImage), (Array("\u{7F}ELF".utf8), .notAnImage), (Array(image[..<100]), .length), (Array(image.dropLast()), .length),
      (image + [0], .length),
    ]
    for (bytes, code) in cases {
      #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
      let error = #expect(throws: ImageError.self) { try TrustletImage.read(path: path) }
      #expect(error?.code == code)
    }
    // Opening a pipe that nobody writes to must not wait.
    #expect(mkfifo(directory.path + "/pipe", 0o600) == 0)
    for path in [directory.path, directory.path + "/missing", directory.path + "/pipe", "/dev/null"] {
      let error = #expect(throws: ImageError.self) { try TrustletImage.read(path: path) }
      #expect(error?.code == .fileSystem)
    }
  }

  @Test func theManifestLimitsLinearMemories() throws {
    let error = #expect(throws: ImageError.self) {
      try sampleBuilder(linearMemories: [(128 << 20, 128 << 20)]).build()
    }
    #expect(error?.code == .manifest)
    #expect(error?.message.contains("128MiB") == true)
    var manifest = sampleManifest()
    manifest.memory = ByteCount(bytes: 100_000)
    let image = try sampleBuilder(manifest: manifest).build()
    #expect(image.regions.filter { $0.kind == .linearMemory(0) }.map(\.sizeLimit) == [0x1_0000])
  }

  @Test func fartherMemoriesAndNone() throws {
    #expect(try sampleBuilder(linearMemories: []).build().regions.count == 9)
    let many = try sampleBuilder(linearMemories: Array(repeating: (initial: 0, maximum: 0x1_0000), count: 300)).build()
    #expect(many.regions.last?.address == MemoryMap.linearMemory(299))
  }
}

/// A directory for one test, removed with it.
final class TemporaryDirectory {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
