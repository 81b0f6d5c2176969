import NodeImage
import Testing

@Suite struct ELFFileTests {
  @Test func whatTheLoaderIsAskedFor() throws {
    let file = try ELFFile(MadeELF().bytes, name: "made")
    #expect(file.interpreter == "/lib64/ld-linux-x86-64.so.2")
    #expect(file.needed == ["libone.so.1", "libtwo.so"])
    #expect(file.runPath == ["$ORIGIN", "/opt/lib"])
    #expect(try file.section(named: ".modinfo")?.starts(with: Array("license=GPL".utf8)) == true)
    #expect(try file.section(named: ".text") == nil)
  }

  @Test func aStaticProgramAsksForNothing() throws {
    let file = try ELFFile(MadeELF(interpreter: nil, needed: [], runPath: nil).bytes, name: "made")
    #expect(file.interpreter == nil && file.needed.isEmpty && file.runPath.isEmpty)
  }

  /// This test itself: what the system's own loader has found for it.
  @Test func aProgramOfThisMachine() throws {
    let file = try ELFFile(SourceFile.contents(of: "/proc/self/exe"), name: "own")
    #expect(file.interpreter == "/lib64/ld-linux-x86-64.so.2")
    #expect(file.needed.contains("libc.so.6"))
    var libraries = SharedLibraries(folders: [])
    try libraries.add(neededBy: SourceFile.contents(of: "/proc/self/exe"), at: "/proc/self/exe")
    #expect(libraries.libraries.keys.contains { $0.hasSuffix("/libc.so.6") })
    #expect(Array(libraries.loaders.keys) == ["/lib64/ld-linux-x86-64.so.2"])
  }

  @Test(arguments: [
    (0, [0]), (4, [1]), (5, [2]), (18, [3]),  // no ELF, 32 bits, the other order, another machine
    (32, [0xFF, 0xFF, 0xFF, 0xFF]), (54, [55]), (56, [0xFF, 0xFF]),  // program headers elsewhere, of another size, too many
    (MadeELF.programHeaders + 56 + 8, [0xFF, 0xFF, 0xFF]),  // the loader's entries elsewhere
    (MadeELF.programHeaders + 16, [0, 0, 0x50]),  // nothing is loaded where their texts are
    (MadeELF.dynamicEntry + 8, [0xFF, 0xFF]),  // a name beyond the texts
  ] as [(Int, [UInt8])])
  func aDamagedOneIsRefused(_ place: Int, _ bytes: [UInt8]) {
    var file = MadeELF().bytes
    file.replaceSubrange(place..<(place + bytes.count), with: bytes)
    #expect(throws: NodeImageError.self) { try ELFFile(file, name: "damaged") }
  }

  /// Every byte changed, and every length: an error or a value, never a trap.
  @Test func anyByteMayBeAnyOther() {
    let whole = MadeELF().bytes
    for place in whole.indices {
      for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[place] = value
        _ = try? ELFFile(bytes, name: "damaged").section(named: ".modinfo")
      }
    }
    for count in whole.indices { _ = try? ELFFile(Array(whole.prefix(count)), name: "short").section(named: ".modinfo") }
  }

  @Test func aLibraryIsNamedWithoutAPath() throws {
    var libraries = SharedLibraries(folders: [])
    #expect(throws: NodeImageError.self) { try libraries.add(neededBy: MadeELF(needed: ["../../etc/passwd"]).bytes, at: "/made") }
    #expect(throws: NodeImageError.self) { try libraries.add(neededBy: MadeELF(needed: ["libnobodyhas.so.1"]).bytes, at: "/made") }
  }
}
