import EdgeCalls
import Foundation
import MachineScenarios
import Testing

/// The machine page in Guest/ is what the tests run, and its numbers are the memory map's.
@Suite("Machine page of kvm on x86-64")
struct MachinePageTests {
  private static let clang = tool("clang")
  private static let objcopy = tool("llvm-objcopy") ?? tool("objcopy")

  private static func tool(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  @Test(.enabled(if: clang != nil && objcopy != nil, "needs clang and llvm-objcopy in PATH"))
  func isWhatTheTestsRun() throws {
    let clang = try #require(Self.clang)
    let objcopy = try #require(Self.objcopy)
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let object = folder.appendingPathComponent("page.o")
    let binary = folder.appendingPathComponent("page.bin")
    try run(clang, ["--target=x86_64-unknown-none", "-c", package.appendingPathComponent("Guest/machine-kvm-x86_64.S").path, "-o", object.path])
    try run(objcopy, ["-O", "binary", "-j", ".text", object.path, binary.path])
    #expect([UInt8](try Data(contentsOf: binary)) == kvmMachinePage)
  }

  private func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(program) \(arguments)")
  }

  @Test func namesTheMemoryMapsAddresses() {
    #expect(kvmMachinePage.count <= Int(MemoryMap.pageSize))
    func contains(_ value: [UInt8], from start: Int, to end: Int) -> Bool {
      let part = kvmMachinePage[start..<end]
      return (start...end - value.count).contains { Array(part[$0..<$0 + value.count]) == value }
    }
    #expect(contains(littleEndian(MemoryMap.doorbell), from: 0, to: 16))
    #expect(contains(littleEndian(UInt32(MemoryMap.image + MemoryMap.trapEntryOffset)), from: 0x3C0, to: 0x400))
    #expect(contains(littleEndian(UInt32(MemoryMap.trapStack + MemoryMap.trapStackSize)), from: 0x600, to: 0x618))
    #expect(MachinePage.trapEntries == 0x400 && MachinePage.trapEntrySize == 16 && MachinePage.trapEntryCount == 32)
  }
}
