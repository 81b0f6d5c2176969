import CodeObjects
import Glibc
import Testing

@Suite struct ToolchainTests {
  @Test func findsTheToolchainThatBuildsUs() throws {
    let toolchain = try testToolchain()
    #expect(toolchain.clangVersion.contains("clang version "))
    #expect(toolchain.linkerVersion.contains("LLD "))
    #expect(toolchain.clang.hasPrefix("/"))
  }

  @Test func namesWhatIsMissing() {
    let error = #expect(throws: ToolchainError.self) {
      try Toolchain.locate(environment: testEnvironment(["COFFER_CLANG": "/nowhere/clang"]))
    }
    #expect(error?.reason == .notFound)
    #expect(error?.description.contains("COFFER_CLANG=/nowhere/clang") == true)
  }

  @Test func searchesNoFurtherThanPATH() {
    let error = #expect(throws: ToolchainError.self) {
      try Toolchain.locate(environment: ["PATH": "/nowhere:relative", "COFFER_CACHE": ""])
    }
    #expect(error?.reason == .notFound)
    #expect(error?.remedy.contains("COFFER_CLANG") == true)
  }

  @Test(arguments: [
    ("echo 'Debian clang version 14.0.6'", ToolchainError.Reason.tooOld, "version 14"),
    ("echo 'gcc (Debian) 12.2.0'", .notRecognised, "gcc (Debian) 12.2.0"),
    ("printf 'clang \\033[31mversion'", .notRecognised, "clang ?[31mversion"),
    ("echo 'clang version 99999999999999999999999.0'", .notRecognised, "99999"),
    ("exit 3", .notRunnable, "--version fails"),
    ("kill -9 $$", .notRunnable, "--version fails"),
    ("echo 'clang version 21.0.0'", .notAProgram, "script"),
  ])
  func refusesAnotherProgram(script: String, reason: ToolchainError.Reason, found: String) {
    let directory = TemporaryDirectory()
    let clang = directory.write("#!/bin/sh\n\(script)\n", to: "clang", mode: 0o755)
    let error = #expect(throws: ToolchainError.self) {
      try Toolchain.locate(environment: testEnvironment(["COFFER_CLANG": clang]))
    }
    #expect(error?.reason == reason)
    #expect(error?.found.contains(found) == true, "\(error?.found ?? "")")
  }

  @Test func refusesALinkerThatIsMissing() {
    let error = #expect(throws: ToolchainError.self) {
      try Toolchain.locate(environment: testEnvironment(["COFFER_LINKER": "/nowhere/ld.lld"]))
    }
    #expect(error?.failed.contains("COFFER_LINKER") == true)
  }

  @Test func asksForTheVersionOnce() throws {
    let directory = TemporaryDirectory()
    // Counts how often it is run.
    let clang = directory.write(
      "#!/bin/sh\necho x >> '\(directory.path)/runs'\necho 'clang version 12.0'\n", to: "clang", mode: 0o755)
    let environment = testEnvironment(["COFFER_CLANG": clang, "COFFER_CACHE": directory.path + "/cache"])
    for _ in 0..<3 { #expect(throws: ToolchainError.self) { try Toolchain.locate(environment: environment) } }
    #expect(try readStart(of: directory.path + "/runs", count: 100) == Array("x\n".utf8))

    _ = directory.write("#!/bin/sh\necho 'clang version 13.0.0'\n", to: "clang", mode: 0o755)
    let error = #expect(throws: ToolchainError.self) { try Toolchain.locate(environment: environment) }
    #expect(error?.found == "version 13")
  }

  /// As swiftly does: every name in its directory is a link to itself.
  @Test func asksThroughAVersionManager() throws {
    let real = try testToolchain()
    let usr = Toolchain.parent(of: Toolchain.parent(of: real.clang))
    let directory = TemporaryDirectory()
    let manager = directory.write(
      "#!/bin/sh\necho '{\"paths\": {\"runtimeResourcePath\": \"\(usr)/lib/swift\"}}'\n", to: "manager", mode: 0o755)
    symlink(manager, directory.path + "/swiftc")
    symlink(manager, directory.path + "/clang")
    let found = SwiftInstallation(compiler: directory.path + "/swiftc", environment: [:]).clang
    #expect(found.flatMap(Toolchain.resolved) == real.clang)
  }

  @Test(arguments: [
    ("", nil), ("\"runtimeResourcePath\"", nil), ("\"runtimeResourcePath\": \"\\/a\\/usr\\/lib\\/swift\"", "/a/usr"),
    ("\"runtimeResourcePath\" : \"usr/lib/swift\"", nil), ("\"runtimeResourcePath\" : \"/usr/lib\"", nil),
  ] as [(String, String?)])
  func readsTargetInformation(text: String, directory: String?) {
    #expect(SwiftInstallation.directory(inTargetInformation: text) == directory)
  }

  @Test func versionsOfDistributions() {
    #expect(ToolProgram.majorVersion(in: "Ubuntu clang version 18.1.3 (1ubuntu1)", role: .clang) == 18)
    #expect(ToolProgram.majorVersion(in: "LLD 21.0.0 (compatible with GNU linkers)", role: .linker) == 21)
    #expect(ToolProgram.majorVersion(in: "clang version ", role: .clang) == nil)
    #expect(ToolProgram.majorVersion(in: "", role: .linker) == nil)
  }
}
