import EdgeCalls
import Foundation
import ImageBuilding
import Testing
import TrustletImage

/// Images from what the toolchain's clang and ld.lld make.
@Suite(.enabled(if: Toolchain.found != nil, "no clang, ld.lld and llvm-symbolizer beside swiftc"))
struct LinkedImageTests {
  /// Two functions whose lines are offsets in a module, one that nothing calls, one with line 0.
  private func module(_ number: Int) -> String {
    """
    define i32 @"wasm.\(number).add"(i32 %x, i32 %y) noinline !dbg !5 {
      %s = add i32 %x, %y, !dbg !8
      %p = mul i32 %s, %x, !dbg !9
      %q = sdiv i32 %p, %y, !dbg !12
      %r = xor i32 %q, 77, !dbg !10
      ret i32 %r, !dbg !10
    }
    define i32 @"wasm.\(number).call"(i32 %x) noinline !dbg !6 {
      %a = call i32 @"wasm.\(number).add"(i32 %x, i32 5), !dbg !11
      %b = call i32 @"wasm.\(number).add"(i32 %a, i32 7), !dbg !13
      ret i32 %b, !dbg !13
    }
    define i32 @"wasm.\(number).unused"(i32 %x) noinline !dbg !14 {
      ret i32 %x, !dbg !15
    }
    !llvm.dbg.cu = !{!0}
    !llvm.module.flags = !{!3, !4}
    !0 = distinct !DICompileUnit(language: DW_LANG_C, file: !1, producer: "test", isOptimized: true, runtimeVersion: 0, emissionKind: LineTablesOnly)
    !1 = !DIFile(filename: "module", directory: "")
    !3 = !{i32 2, !"Dwarf Version", i32 5}
    !4 = !{i32 2, !"Debug Info Version", i32 3}
    !5 = distinct !DISubprogram(name: "wasm.\(number).add", scope: !1, file: !1, line: 1, type: !7, unit: !0, spFlags: DISPFlagDefinition)
    !6 = distinct !DISubprogram(name: "wasm.\(number).call", scope: !1, file: !1, line: 2, type: !7, unit: !0, spFlags: DISPFlagDefinition)
    !7 = !DISubroutineType(types: !{})
    !8 = !DILocation(line: \(number)100, column: 0, scope: !5)
    !9 = !DILocation(line: 4000000, column: 0, scope: !5)
    !10 = !DILocation(line: \(number)7, column: 0, scope: !5)
    !11 = !DILocation(line: 70000, column: 0, scope: !6)
    !12 = !DILocation(line: 0, column: 0, scope: !5)
    !13 = !DILocation(line: 69000, column: 0, scope: !6)
    !14 = distinct !DISubprogram(name: "wasm.\(number).unused", scope: !1, file: !1, line: 3, type: !7, unit: !0, spFlags: DISPFlagDefinition)
    !15 = !DILocation(line: 5, column: 0, scope: !14)
    """
  }

  private let start = """
    int w1(int) __asm__("wasm.1.call");
    int w2(int) __asm__("wasm.2.call");
    volatile int counter = 3;
    int zeros[5000];
    const char *volatile greeting = "hello";
    __attribute__((noinline)) int mix(int a) {
      for (int i = 0; i < 9; i++) {
        counter += a;
        zeros[counter & 4095] = w1(counter);
      }
      return counter;
    }
    void _start(void) {
      for (;;) {
        counter = mix(counter) + w2(counter) + greeting[2];
        mix(2);
        counter ^= 0x55aa1234;
        counter = counter * 12345 + counter / 77 + counter % 1001;
      }
    }
    """

  private func link(_ architecture: String, _ directory: String, options: [String] = []) throws -> String {
    let toolchain = try #require(Toolchain.found)
    return try toolchain.link(
      architecture: architecture, modules: [module(1), module(2)], c: start,
      in: directory, options: options)
  }

  @Test(arguments: ["x86_64", "aarch64", "riscv64"])
  func namesAndOffsetsAreThoseOfTheSymbolizer(architecture: String) throws {
    let toolchain = try #require(Toolchain.found)
    let directory = try TemporaryDirectory()
    let path = try link(architecture, directory.path)
    let elf = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let image = try sampleBuilder(executable: elf, architecture: architecture).build()
    #expect(image.regions.filter { [.code, .constants, .data].contains($0.kind) }.map(\.kind) == [.code, .constants, .data])
    #expect(Set(image.symbols.map(\.name)) == ["_start", "mix", "wasm.1.add", "wasm.1.call", "wasm.2.add", "wasm.2.call"])

    let code = try #require(image.regions.first { $0.kind == .code })
    let end = try #require(Array(image.symbols).last.map { $0.address + $0.size })
    let addresses = Array(stride(from: code.address, to: end, by: 1))
    let answers = try toolchain.run(
      toolchain.symbolizer, ["-e", path, "--functions=linkage", "--no-inlines", "--output-style=GNU"],
      input: addresses.map { hex($0) + "\n" }.joined()
    ).split(separator: "\n", omittingEmptySubsequences: false)
    try #require(answers.count >= 2 * addresses.count)
    var moduleAddresses = 0
    for (index, address) in addresses.enumerated() {
      let place = answers[2 * index + 1].split(separator: " ").first.map { $0.split(separator: ":") } ?? []
      let line = place.count >= 2 ? UInt32(place[1]) ?? 0 : 0
      let isModule = place.first?.hasSuffix("/module") == true || place.first == "module"
      let expected = isModule && line != 0 ? line : nil
      if expected != nil { moduleAddresses += 1 }
      let location = image.describe(address: address)
      #expect(location?.wasmOffset == expected, "\(hex(address)) \(answers[2 * index + 1])")
      if answers[2 * index] != "??", image.symbols.symbol(containing: address) != nil {
        #expect(location?.function == String(answers[2 * index]), "\(hex(address))")
      }
    }
    #expect(moduleAddresses > 40)
    #expect(image.describe(address: 0) == nil)
    #expect(image.describe(address: UInt64.max) == nil)
  }

  @Test func theImageIsTheSameForTheSameExecutable() throws {
    let (first, second) = (try TemporaryDirectory(), try TemporaryDirectory())
    let images = try [first, second].map { directory in
      let elf = Array(try Data(contentsOf: URL(fileURLWithPath: try link("x86_64", directory.path))))
      return try sampleBuilder(executable: elf).build()
    }
    // The paths of the build are in its debug information, but not in the image.
    #expect(images[0].measurement == images[1].measurement)
    #expect(images[0].encoded.elementsEqual(images[1].encoded))
  }

  @Test func executablesForOtherMachinesAndLinkingsAreRefused() throws {
    let directory = try TemporaryDirectory()
    let elf = Array(try Data(contentsOf: URL(fileURLWithPath: try link("x86_64", directory.path))))
    let error = #expect(throws: ImageError.self) { try sampleBuilder(executable: elf, architecture: "aarch64").build() }
    #expect(error?.code == .executable)
    let relocatable = Array(try Data(contentsOf: URL(fileURLWithPath: directory.path + "/start.o")))
    #expect(throws: ImageError.self) { try sampleBuilder(executable: relocatable).build() }
    let compressed = Array(
      try Data(contentsOf: URL(fileURLWithPath: try link("x86_64", directory.path, options: ["--compress-sections=.debug_line=zlib"]))))
    let refusal = #expect(throws: ImageError.self) { try sampleBuilder(executable: compressed).build() }
    #expect(refusal?.message.contains("compress") == true)
  }

  @Test func aDamagedExecutableNeverTraps() throws {
    let directory = try TemporaryDirectory()
    let elf = Array(try Data(contentsOf: URL(fileURLWithPath: try link("x86_64", directory.path))))
    func parse(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes { _ = try? Executable(decoding: $0, architecture: "x86_64") }
    }
    for count in stride(from: 0, to: elf.count, by: 13) { parse(Array(elf[..<count])) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      var damaged = elf
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: 0..<elf.count, using: &generator)] = [0, 1, 0x7F, 0x80, 0xFF, .random(in: 0...255)].randomElement() ?? 0
      }
      parse(damaged)
    }
  }
}
