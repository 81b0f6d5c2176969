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

  /// Both come to the same network, bit for bit.
  @Test func digitsAreLearntAlike() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coffer-digits-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func printed(_ program: [UInt8], _ arguments: [String]) throws -> Data {
      let path = folder.appending(path: "printed")
      #expect(FileManager.default.createFile(atPath: path.path, contents: nil))
      _ = try run(program, arguments, output: try FileHandle(forWritingTo: path))
      return try Data(contentsOf: path)
    }
    let networks = try [BenchmarkDigits.native, BenchmarkDigits.nativeBaseline].map { try printed($0, ["train"]) }
    #expect(networks[0] == networks[1] && networks[0].count > 800_000)
    #expect(try printed(BenchmarkDigits.native, ["requests", "10"]).count == 7840)
    #expect(BenchmarkDigits.core.prefix(8) == [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0])
  }

  private func run(
    _ native: [UInt8], _ arguments: [String], output file: FileHandle? = nil
  ) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coffer-kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appending(path: "kernels")
    try Data(native).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    let output = Pipe()
    var process = Process()
    // While the file was written another test may have started a process, which had it open until its own program began.
    for attempt in 1... {
      process = Process()
      process.executableURL = program
      process.arguments = arguments
      if let file { process.standardOutput = file } else { process.standardOutput = output }
      do {
        try process.run()
        break
      } catch {
        guard attempt < 100 else { throw error }
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
    if file != nil { try output.fileHandleForWriting.close() }
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return text
  }
}
