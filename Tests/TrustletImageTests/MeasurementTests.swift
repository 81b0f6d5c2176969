import Crypto
import EdgeCalls
import Foundation
import ImageBuilding
import Testing
import TrustletImage

/// The measurement once more, written from Documentation/design/image-format.md alone: nothing of the reader is used but
/// what an image says of itself.
@Suite struct MeasurementTests {
  private func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  private func text(_ text: some Collection<UInt8>) -> [UInt8] { little(UInt64(text.count), 4) + text }

  private func number(_ kind: ImageRegion.Kind) -> (UInt64, UInt64) {
    switch kind {
    case .code: (1, 0)
    case .constants: (2, 0)
    case .data: (3, 0)
    case .stack: (4, 0)
    case .trapStack: (5, 0)
    case .heap: (6, 0)
    case .edgeWindow: (7, 0)
    case .linearMemory(let index): (8, UInt64(index))
    case .guestManifest: (9, 0)
    case .fileTree: (10, 0)
    case .scratch: (11, 0)
    }
  }

  @Test func theLaunchDigestFollowsFromWhatTheImageSays() throws {
    let image = try sampleBuilder().build()
    var record = Array("coffer launch".utf8) + [0, 0, 0] + little(2, 4) + text(image.architecture.utf8)
    record += little(image.entry, 8) + little(image.stackPointer, 8) + little(UInt64(image.regions.count), 4)
    for region in image.regions {
      record += little(region.address, 8) + little(region.size, 8) + little(region.sizeLimit, 8)
      record += little(UInt64(region.contents.count), 8)
      record += little(number(region.kind).0, 4) + little(number(region.kind).1, 4)
      let rights = [(ImageRights.read, UInt64(1)), (.write, 2), (.execute, 4)]
      record += little(rights.reduce(0) { $0 + (region.rights.contains($1.0) ? $1.1 : 0) }, 4) + little(0, 4)
    }
    record += text(image.manifest.canonicalEncoding)
    record += little(UInt64(image.machinePages.count), 4)
    for (machine, bytes) in image.machinePages { record += text(machine.utf8) + text(bytes) }
    var hash = SHA384()
    hash.update(data: record)
    for region in image.regions {
      var pages = Array(image.contents(of: region))
      while pages.count % 4096 != 0 { pages.append(0) }
      hash.update(data: pages)
    }
    #expect(Array(hash.finalize()) == image.measurement.bytes)
  }

  /// Only the file: where the parts are follows from the header's lengths.
  @Test func theLaunchDigestFollowsFromTheFileAlone() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/image"
    let measurement = try sampleBuilder().build().measurement
    try sampleBuilder().build().write(to: path)
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func field(_ offset: Int) -> Int { (0..<8).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) } }
    let recordEnd = 256 + field(24)
    let contents = (recordEnd + field(32) + field(40) + field(48) + 4095) / 4096 * 4096
    let digest = Array(SHA384.hash(data: file[256..<recordEnd] + file[contents...]))
    #expect(digest == measurement.bytes)
    #expect(Array(file[160..<208]) == digest)
    #expect(Array(file[208..<256]) == Array(SHA384.hash(data: file[..<208] + file[recordEnd..<contents])))
    #expect(try TrustletImage.read(path: path).measurement == measurement)
  }

  /// A change of the format changes every measurement: then this changes, and the format's version with it.
  @Test func theSampleHasItsMeasurement() throws {
    let found = try sampleBuilder().build().measurement.description
    #expect(found == Self.golden)
  }

  static let golden =
    "0e5158cae2d5a2edb3895c53e318f677a96e09a857ccce6ec7c3e9fbeadbd595c75da0ffb109fecfd8bc75adf7d720e2"

  @Test func whatIsMeasuredAndWhatIsNot() throws {
    let base = try sampleDraft()
    func measurement(_ change: (inout ImageDraft) -> Void) throws -> TrustletImage.Measurement {
      var draft = base
      change(&draft)
      return try TrustletImage.read(bytes: draft.encode(hasher: SHA384Hasher.self)).measurement
    }
    let original = try measurement { _ in }
    let code = try #require(base.regions.firstIndex { $0.kind == .code })
    let growing = try #require(base.regions.firstIndex { $0.kind == .linearMemory(0) })
    let data = try #require(base.regions.firstIndex { $0.kind == .data })
    let measured: [(inout ImageDraft) -> Void] = [
      { $0.regions[code].contents[50] ^= 1 }, { $0.regions[code].contents.append(0) },
      { $0.regions[growing].sizeLimit += 0x1_0000 }, { $0.regions[growing].size += 0x1_0000 },
      { $0.regions.remove(at: data) }, { $0.record.manifest.compiler = "clang 22" }, { $0.record.manifest.time = nil },
      { $0.record.machinePages[0].bytes[0] ^= 1 }, { $0.record.machinePages[0].machine = "kvn" },
      { $0.record.machinePages.removeLast() }, { $0.record.architecture = "riscv64" },
    ]
    var all: Set<TrustletImage.Measurement> = [original]
    for change in measured { all.insert(try measurement(change)) }
    #expect(all.count == measured.count + 1)
    let unmeasured: [(inout ImageDraft) -> Void] = [
      { $0.symbols = [] }, { $0.lines = [] }, { $0.exports = [] }, { $0.instanceCount = 9 },
    ]
    for change in unmeasured { #expect(try measurement(change) == original) }
  }

  @Test func hexadecimalDigits() throws {
    let bytes = (0..<48).map { UInt8($0 * 5) }
    let measurement = try #require(TrustletImage.Measurement(bytes: bytes))
    #expect(measurement.description.hasPrefix("00050a0f"))
    #expect(measurement.description.count == 96)
    #expect(TrustletImage.Measurement(hex: measurement.description) == measurement)
    #expect(TrustletImage.Measurement(hex: measurement.description.uppercased()) == measurement)
    let most = String(measurement.description.dropLast())
    for text in ["", "00", most, most + "00", most + "g", most + "é"] {
      #expect(TrustletImage.Measurement(hex: text) == nil)
    }
    #expect(TrustletImage.Measurement(bytes: bytes.dropLast()) == nil)
  }
}
