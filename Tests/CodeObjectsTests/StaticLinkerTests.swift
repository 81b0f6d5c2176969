import CodeObjects
import Testing

@Suite struct StaticLinkerTests {
  private static let script = """
    ENTRY(_start)
    SECTIONS {
      . = 0x400000;
      .text : { *(.text*) }
      .data : { *(.data*) *(.bss*) }
    }
    """

  private func objects(_ architecture: CPUArchitecture) throws -> [(name: String, bytes: [UInt8])] {
    let jobs = [
      CompileJob(
        name: "a name that is longer than the sixteen bytes of an archive header",
        source: Array("int other(void); extern char base[]; long _start(void) { return other() + (long)base; }".utf8),
        language: .c, flags: ["-g"]),
      CompileJob(
        name: "second", source: Array("int other(void) { return 2; } int unused_one(void) { return 3; }".utf8),
        language: .c),
    ]
    return try ObjectCompiler(toolchain: testToolchain(), architecture: architecture, cache: nil).compile(jobs)
      .map { ($0.name, $0.bytes) }
  }

  @Test(arguments: CPUArchitecture.allCases)
  func links(architecture: CPUArchitecture) throws {
    let linker = StaticLinker(toolchain: try testToolchain())
    let objects = try objects(architecture)
    let image = try linker.link(
      objects: objects, script: Array(Self.script.utf8), definitions: [("base", 0x123000)], architecture: architecture)
    let header = try #require(ELFHeader(image))
    #expect(header.kind == .executable)
    #expect(header.machine == architecture.elfMachine)
    let text = String(decoding: image, as: UTF8.self)
    #expect(text.contains(".debug_line"))
    #expect(text.contains("_start"))
    #expect(!text.contains("unused_one"))
    let again = try linker.link(
      objects: objects, script: Array(Self.script.utf8), definitions: [("base", 0x123000)], architecture: architecture)
    #expect(again == image)
  }

  @Test func namesTheObjectAndTheSymbol() throws {
    let linker = StaticLinker(toolchain: try testToolchain())
    let error = #expect(throws: LinkError.self) {
      try linker.link(
        objects: [try objects(.host)[0]], script: Array(Self.script.utf8), definitions: [("base", 0)],
        architecture: .host)
    }
    #expect(error?.description.contains("undefined symbol: other") == true)
    #expect(error?.description.contains("a name that is longer than") == true)
  }

  @Test func refusesWhatIsNoObject() throws {
    let linker = StaticLinker(toolchain: try testToolchain())
    for bytes in [[], [1, 2, 3], Array("!<arch>\n".utf8)] as [[UInt8]] {
      #expect(throws: LinkError.self) {
        try linker.link(
          objects: [("junk", bytes)], script: Array(Self.script.utf8), architecture: .host)
      }
    }
  }

  @Test(arguments: ["", "a b", "a=1,--entry", "1a", "a\nb", "é"])
  func refusesAStrangeDefinition(name: String) throws {
    let linker = StaticLinker(toolchain: try testToolchain())
    #expect(throws: LinkError.invalidDefinition(name)) {
      try linker.link(objects: [], script: [], definitions: [(name, 1)], architecture: .host)
    }
  }

  /// The object calls what nobody defines; which body that is the link line says, and the other one is not there.
  @Test(arguments: CPUArchitecture.allCases) func anAliasChoosesABody(architecture: CPUArchitecture) throws {
    let source = "int hook(void); int hook_one(void) { return 1; } int hook_two(void) { return 2; } int _start(void) { return hook(); }"
    let object = try ObjectCompiler(toolchain: testToolchain(), architecture: architecture, cache: nil)
      .compile([CompileJob(name: "hooks", source: Array(source.utf8), language: .c)])
    for (chosen, other) in [("hook_one", "hook_two"), ("hook_two", "hook_one")] {
      let image = try StaticLinker(toolchain: try testToolchain()).link(
        objects: object.map { ($0.name, $0.bytes) }, script: Array(Self.script.utf8), aliases: [("hook", chosen)], architecture: architecture)
      let text = String(decoding: image, as: UTF8.self)
      #expect(text.contains(chosen) && !text.contains(other))
    }
  }

  @Test(arguments: ["", "hook + 1", "0x1000", "a=1,--entry"]) func refusesAnAliasOfNoSymbol(symbol: String) throws {
    #expect(throws: LinkError.invalidDefinition(symbol)) {
      try StaticLinker(toolchain: try testToolchain()).link(objects: [], script: [], aliases: [("hook", symbol)], architecture: .host)
    }
  }

  @Test func theScriptReadsNoFile() throws {
    try #require(SandboxPolicy.status.landlockVersion > 0, "this kernel has no Landlock")
    let directory = TemporaryDirectory()
    let secret = directory.write("x = 1;\n", to: "secret")
    let linker = StaticLinker(toolchain: try testToolchain())
    let error = #expect(throws: LinkError.self) {
      try linker.link(
        objects: try objects(.host), script: Array("INCLUDE \"\(secret)\"\n\(Self.script)".utf8),
        definitions: [("base", 0)], architecture: .host)
    }
    #expect(error?.description.contains("secret") == true)
  }
}
