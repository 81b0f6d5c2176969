import EdgeCalls
import Foundation
import Testing
import TrustletImage

@Suite struct ImageFilesTests {
  private func listed(_ files: ImageFiles) throws -> [String] {
    try files.encoded().withUnsafeBytes { try FileTreeWalk($0) }.files.map { "\($0.path)\($0.isDirectory ? "/" : "") \($0.size)" }
  }

  @Test func theEncodingIsAsTheLibraryOSReadsIt() throws {
    var files = ImageFiles()
    try files.addFile("/b/c", contents: [1, 2, 3])
    try files.addFile("a", contents: [4])
    var expected = littleEndian(FileTree.magic) + littleEndian(UInt32(4)) + littleEndian(UInt32(0))
    let entries: [(UInt32, UInt32, NodeKind, UInt64, UInt64)] = [
      (144, 0, .directory, 0, 0), (144, 1, .file, 160, 1), (145, 1, .directory, 0, 0), (146, 3, .file, 176, 3),
    ]
    for (path, length, kind, data, size) in entries {
      expected += littleEndian(path) + littleEndian(length) + littleEndian(kind.rawValue) + littleEndian(UInt32(0))
      expected += littleEndian(data) + littleEndian(size)
    }
    expected += Array("abb/c".utf8) + [UInt8](repeating: 0, count: 11) + [4] + [UInt8](repeating: 0, count: 15) + [1, 2, 3]
    #expect(try files.encoded() == expected)
  }

  @Test func theOrderOfAddingDoesNotMatter() throws {
    let paths = ["x", "x-y", "y/x", "y/x.z", "y-", "ä/ö", "ä-"]
    var encodings: Set<[UInt8]> = []
    for _ in 0..<10 {
      var files = ImageFiles()
      for path in paths.shuffled() { try files.addFile(path, contents: Array(path.utf8)) }
      encodings.insert(try files.encoded())
      #expect(try listed(files) == ["/ 0", "x 1", "x-y 3", "y/ 0", "y- 2", "y/x 3", "y/x.z 5", "ä/ 0", "ä- 3", "ä/ö 5"])
    }
    #expect(encodings.count == 1)
  }

  @Test func nothingButTheRoot() throws {
    #expect(try listed(ImageFiles()) == ["/ 0"])
  }

  @Test(arguments: [
    "a//b", "../a", "a/..", "./a", "a/.", "//a", "a\0", String(repeating: "x", count: 256), String(repeating: "x/", count: 2500) + "x",
  ])
  func pathsThatAreNoneAreRefused(path: String) {
    var files = ImageFiles()
    #expect(throws: ImageError.self) { try files.addFile(path, contents: []) }
    #expect(throws: ImageError.self) { try files.addDirectory(path) }
  }

  @Test func conflictsAreRefused() throws {
    var files = ImageFiles()
    try files.addFile("/a/b", contents: [])
    #expect(throws: ImageError.self) { try files.addFile("a/b", contents: []) }
    #expect(throws: ImageError.self) { try files.addFile("a/b/c", contents: []) }
    #expect(throws: ImageError.self) { try files.addFile("a", contents: []) }
    #expect(throws: ImageError.self) { try files.addFile("/", contents: []) }
    #expect(throws: ImageError.self) { try files.addDirectory("a/b") }
    try files.addDirectory("/a/")
    try files.addDirectory("/")
    #expect(try listed(files) == ["/ 0", "a/ 0", "a/b 0"])
  }

  @Test func hostDirectoriesAreCopied() throws {
    let directory = try TemporaryDirectory()
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory.path + "/data/sub/empty", withIntermediateDirectories: true)
    try Data("one".utf8).write(to: URL(fileURLWithPath: directory.path + "/data/one"))
    try Data("two!".utf8).write(to: URL(fileURLWithPath: directory.path + "/data/sub/two"))
    try Data("conf".utf8).write(to: URL(fileURLWithPath: directory.path + "/app.conf"))
    try manager.createSymbolicLink(atPath: directory.path + "/data/link", withDestinationPath: "sub/two")
    try manager.createSymbolicLink(atPath: directory.path + "/data/sublink", withDestinationPath: directory.path + "/data/sub")
    var manifest = Manifest()
    manifest.files = ["/etc/app.conf": "app.conf", "/share": "data", "/data-link": "data/link"]
    let files = try ImageFiles(manifest: manifest, relativeTo: directory.path)
    #expect(
      try listed(files) == [
        "/ 0", "data-link 4", "etc/ 0", "etc/app.conf 4", "share/ 0", "share/link 4", "share/one 3", "share/sub/ 0",
        "share/sub/empty/ 0", "share/sub/two 4", "share/sublink/ 0", "share/sublink/empty/ 0", "share/sublink/two 4",
      ])
    manifest.files = ["/": "data/sub"]
    #expect(try listed(ImageFiles(manifest: manifest, relativeTo: directory.path)) == ["/ 0", "empty/ 0", "two 4"])
  }

  @Test(arguments: [
    ("../outside", ImageError.Code.files), ("/etc/passwd", .files), ("missing", .fileSystem), (".", .files), ("pipe", .files),
  ])
  func linksThatLeadOutAndOddFilesAreRefused(target: String, code: ImageError.Code) throws {
    let directory = try TemporaryDirectory()
    let data = directory.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: directory.path + "/outside"))
    if target == "pipe" { #expect(mkfifo(data + "/pipe", 0o600) == 0) }
    try FileManager.default.createSymbolicLink(atPath: data + "/link", withDestinationPath: target)
    var manifest = Manifest()
    manifest.files = ["/data": "data"]
    let error = #expect(throws: ImageError.self) { try ImageFiles(manifest: manifest, relativeTo: directory.path) }
    #expect(error?.code == code, "\(error.map(\.message) ?? "")")
  }

  @Test func absoluteHostPathsAreRefused() throws {
    var manifest = Manifest()
    manifest.files = ["/hosts": "/etc/hosts"]
    let error = #expect(throws: ImageError.self) { try ImageFiles(manifest: manifest, relativeTo: "") }
    #expect(error?.code == .files)
  }
}
