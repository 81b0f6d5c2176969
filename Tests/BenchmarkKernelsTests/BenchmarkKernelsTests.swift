import BenchmarkKernels
import Foundation
import Testing

@Suite struct BenchmarkKernelsTests {
  @Test func theWasmProgramIsAModule() {
    #expect(BenchmarkKernels.wasm.prefix(8) == [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0])
  }

  @Test func thereAreAtLeastTwelveKernelsWithDistinctNames() {
    #expect(BenchmarkKernels.all.count >= 12)
    #expect(Set(BenchmarkKernels.all.map(\.name)).count == BenchmarkKernels.all.count)
  }

  /// Standards and other programs say what these must be.
  @Test(arguments: [
    ("aes", "1", "696e160c3829d7ec"),  // AES-128 of a zero block is c6a13b37878f5b826f4f8162a1c8d879
    ("crc32", "500", "00000000df9bfc21"),  // as zlib
    ("queens", "8", "000000000000005c"),  // 92
    ("sha256", "400", "c634d3a9a2c9c73b"),  // as Python's hashlib
    ("sieve", "1000000", "000132a2000f422f"),  // 78,498 primes, the last 999,983
  ])
  func nativeChecksum(kernel: String, n: String, expected: String) throws {
    for program in [BenchmarkKernels.native, BenchmarkKernels.nativeBaseline] {
      let lines = try run(program, [kernel, n, "2"]).split(separator: "\n")
      #expect(lines.map { $0.prefix(while: { $0 != " " }) } == [expected[...], expected[...]])
    }
  }

  private func run(_ native: [UInt8], _ arguments: [String]) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coffer-kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appending(path: "kernels")
    try Data(native).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    let process = Process()
    let output = Pipe()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return text
  }
}
