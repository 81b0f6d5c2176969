import Foundation
import NodeImage
import Testing

@Suite struct ArchiveTests {
  private func tree() throws -> FileSystemTree {
    var tree = FileSystemTree()
    try tree.add("usr/lib/b.so", .file([1, 2, 3], isProgram: false))
    try tree.add("init", .file(Array("first".utf8), isProgram: true))
    try tree.add("dev/console", .device(major: 5, minor: 1))
    try tree.add("empty", .file([], isProgram: false))
    try tree.add("usr/lib/a.so", .file([UInt8](repeating: 7, count: 4097), isProgram: false))
    return tree
  }

  private static let cpio = ["/usr/bin/cpio", "/bin/cpio"].first { FileManager.default.isExecutableFile(atPath: $0) }

  /// What GNU cpio, which others' images are made by, finds in it.
  @Test(.enabled(if: cpio != nil, "cpio is not installed: Debian's package of this name"))
  func anotherProgramReadsIt() throws {
    let program = try #require(Self.cpio)
    let (status, listing) = try run(program, ["--list", "--verbose", "--numeric-uid-gid"], input: try InitialRAMDisk.archive(tree()))
    #expect(status == 0)
    let lines = listing.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.map { $0.last ?? "" } == ["dev", "dev/console", "empty", "init", "usr", "usr/lib", "usr/lib/a.so", "usr/lib/b.so"])
    #expect(lines.map { $0.first ?? "" } == ["drwxr-xr-x", "crw-------", "-rw-r--r--", "-rwxr-xr-x", "drwxr-xr-x", "drwxr-xr-x", "-rw-r--r--", "-rw-r--r--"])
    #expect(lines.allSatisfy { $0[2] == "0" && $0[3] == "0" && $0.contains("1970") }, "all of it is root's, and as old as can be")
    #expect(lines[1][4...5] == ["5,", "1"])
    #expect(lines[6][4] == "4097")
  }

  @Test(.enabled(if: cpio != nil, "cpio is not installed: Debian's package of this name"))
  func anotherProgramUnpacksIt() throws {
    let program = try #require(Self.cpio)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-archive-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var tree = FileSystemTree()
    let contents = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try tree.add("a/b/c", .file(contents, isProgram: true))
    let (status, _) = try run(program, ["--extract", "--make-directories", "--directory", folder.path], input: try InitialRAMDisk.archive(tree))
    #expect(status == 0)
    #expect(try [UInt8](Data(contentsOf: folder.appendingPathComponent("a/b/c"))) == contents)
  }

  @Test func theOrderInWhichFilesAreAddedDoesNotMatter() throws {
    var other = FileSystemTree()
    for (path, node) in try tree().sorted.reversed() { try other.add(path, node) }
    #expect(try InitialRAMDisk.archive(other) == InitialRAMDisk.archive(tree()))
  }

  @Test(arguments: ["", "/init", "a//b", "a/", "../a", "a/./b", "a/../b", "a\0b", String(repeating: "a/", count: 2100) + "a"])
  func pathsThatLeadElsewhereAreRefused(_ path: String) {
    var tree = FileSystemTree()
    #expect(throws: NodeImageError.self) { try tree.add(path, .directory) }
  }

  @Test func aFileIsNotOverwrittenAndNoFolder() throws {
    var tree = try tree()
    #expect(throws: NodeImageError.self) { try tree.add("init", .file([9], isProgram: true)) }
    #expect(throws: NodeImageError.self) { try tree.add("init/b", .file([9], isProgram: true)) }
    #expect(throws: NodeImageError.self) { try tree.add("usr", .file([9], isProgram: true)) }
    try tree.add("init", .file(Array("first".utf8), isProgram: true))
  }
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String], input: [UInt8]) throws -> (status: Int32, output: String) {
  let file = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-input-\(UInt64.random(in: 0 ... .max))")
  try Data(input).write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  let process = Process(), output = Pipe()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.standardInput = try FileHandle(forReadingFrom: file)
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  process.environment = ["LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"]
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (process.terminationStatus, text)
}
