import FunctionStore
import ImageBuilding
import TrustletImage

/// Small images that nobody could run, and that pass every check.
public enum SampleImages {
  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A static executable with one segment of each kind.
  private static func executable(_ number: UInt8) -> [UInt8] {
    let base: UInt64 = 0x40_0000
    let segments: [(flags: UInt32, address: UInt64, contents: [UInt8])] = [
      (5, base, [UInt8](repeating: 0xCC, count: 100) + [number]), (4, base + 0x1000, Array("constants".utf8)), (6, base + 0x2000, [1, 2, 3]),
    ]
    var head: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    head += littleEndian(UInt16(2)) + littleEndian(UInt16(62)) + littleEndian(UInt32(1)) + littleEndian(base)
    head += littleEndian(UInt64(64)) + littleEndian(UInt64(0)) + littleEndian(UInt32(0))
    for value in [64, 56, UInt16(segments.count), 64, 0, 0] { head += littleEndian(value) }
    var offset = UInt64(64 + 56 * segments.count)
    var body: [UInt8] = []
    for segment in segments {
      let size = UInt64(segment.contents.count)
      head += littleEndian(UInt32(1)) + littleEndian(segment.flags) + littleEndian(offset)
      head += littleEndian(segment.address) + littleEndian(segment.address)
      head += littleEndian(size) + littleEndian(size) + littleEndian(UInt64(0x1000))
      body += segment.contents
      offset += size
    }
    return head + body
  }

  /// Images of different numbers are different code; of different names the same code with another table of exports.
  public static func image(_ number: UInt8, export: String = "_start", manifest: Manifest = Manifest()) throws -> [UInt8] {
    let builder = ImageBuilder(
      architecture: "x86_64", manifest: manifest, executable: executable(number), machinePages: [("process", [0x90, 0xC3])],
      linearMemories: [(0x1_0000, 0x10_0000)],
      exports: [ImageExport(instance: 0, name: export, kind: .function, entryPoint: 1, type: .init(parameters: [], results: []))], instanceCount: 1)
    return Array(try builder.build().encoded)
  }

  public static func checked(_ number: UInt8, export: String = "_start", manifest: Manifest = Manifest()) throws -> CheckedImage {
    try CheckedImage(image(number, export: export, manifest: manifest))
  }
}
