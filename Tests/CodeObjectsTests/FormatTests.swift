import CodeObjects
import Testing

@Suite struct FormatTests {
  @Test func anELFHeaderCutAnywhereIsNoTrap() throws {
    let program = try testToolchain().clang
    let start = try readStart(of: program, count: 8192)
    #expect(ELFHeader(start)?.interpreter(in: start)?.contains("ld") == true)
    for length in 0...start.count where length < 2048 || length % 512 == 0 {
      let cut = Array(start.prefix(length))
      #expect((ELFHeader(cut) != nil) == (length >= 64))
      _ = ELFHeader(cut)?.interpreter(in: cut)
    }
  }

  @Test func anAlteredELFHeaderIsNoTrap() throws {
    let start = try readStart(of: testToolchain().clang, count: 2048)
    for position in 0..<1024 {
      for value in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
        var altered = start
        altered[position] = value
        _ = ELFHeader(altered)?.interpreter(in: altered)
      }
    }
  }

  @Test func refusesOtherELFFiles() {
    var bytes = Array(repeating: UInt8(0), count: 64)
    #expect(ELFHeader(bytes) == nil)
    bytes.replaceSubrange(0..<6, with: ELFHeader.magic + [2, 1])
    bytes[16] = 1
    bytes[18] = 62
    #expect(ELFHeader(bytes)?.machine == 62)
    bytes[4] = 1
    #expect(ELFHeader(bytes) == nil, "32-bit")
  }

  @Test func archiveMembersAreEvenAndNamed() {
    let archive = ArchiveWriter.archive([("a", [1]), ("b/c\n", [2, 3])])
    let text = String(decoding: archive, as: UTF8.self)
    #expect(text.hasPrefix("!<arch>\n//   "))
    #expect(text.contains("a/\nb_c_/\n"))
    #expect(archive.count % 2 == 0)
    #expect(archive.count == 8 + 60 + 10 + 60 + 2 + 60 + 2)
  }

  @Test func diagnosticsHaveNoControlCharacters() {
    #expect(Diagnostics.text(Array("a\u{1B}[2J\tb\r\n\u{202E}c\u{9B}\n\n".utf8)) == "a?[2J\tb?\n?c?")
    #expect(Diagnostics.text([0xFF, 0x41]) == "\u{FFFD}A")
    #expect(Diagnostics.text(Array(repeating: 65, count: 1_000_000)).utf8.count == Diagnostics.limit)
  }
}
