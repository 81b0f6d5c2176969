import Foundation
import Testing

private let noCache = ["COFFER_CACHE": ""]

@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct BuildCommandTests {
  private static let program = """
    (module (memory 1) (data (i32.const 0) "text") (func $f (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "_start") (drop (call $f (i32.const 0)))))
    """

  @Test func directoryChangesNothing() throws {
    let (here, there) = (try Workplace(), try Workplace())
    for place in [here, there] {
      try place.module("program.wasm", Self.program)
      let result = try place.run("build", "program.wasm", environment: noCache)
      try #require(result.status == 0, "\(result.errors)")
    }
    #expect(try here.bytes("program.trustlet") == there.bytes("program.trustlet"))
    #expect(here.names == ["program.trustlet", "program.wasm"])
    // What is built, what is measured from the source, and what is measured from the image are the same.
    let built = try here.run("build", "program.wasm", "--json").output
    let source = try here.run("measure", "program.wasm", environment: noCache).output
    let image = try here.run("measure", "program.trustlet").output
    #expect(source == image && source.split(separator: "\n").first?.count == 96)
    #expect(built.contains(source.trimmingCharacters(in: .newlines)))
    #expect(try here.run("run", "program.trustlet").status == 0)
  }

  @Test func anImageReplacesOnlyFilesAndNotItsModule() throws {
    let place = try Workplace()
    try place.module("program.wasm", Self.program)
    let module = try place.bytes("program.wasm")
    mkfifo(place.path + "/pipe", 0o600)
    symlink("program.wasm", place.path + "/link")
    for output in ["program.wasm", "./program.wasm", "pipe", "link", "-", "/dev/null"] {
      let result = try place.run("build", "program.wasm", "-o", output)
      #expect(result.status == 125 && result.complaints.count == 1 && result.errors.contains(output), "\(output): \(result.errors)")
    }
    #expect(try place.bytes("program.wasm") == module)
    #expect(place.names == ["link", "pipe", "program.wasm"])
  }

  @Test func alteredImageIsRefused() throws {
    let place = try Workplace()
    try place.module("program.wasm", Self.program)
    try #require(try place.run("build", "program.wasm", "-o", "good.trustlet").status == 0)
    let bytes = try place.bytes("good.trustlet")
    for position in [9, 64, 200, bytes.count / 2, bytes.count - 1] {
      var altered = bytes
      altered[position] ^= 4
      try place.write("altered.trustlet", altered)
      let result = try place.run("run", "altered.trustlet")
      #expect(result.status == 125 && result.complaints.count == 1, "byte \(position): \(result.errors)")
      #expect(result.errors.contains("altered.trustlet"), "\(result.errors)")
    }
    try place.write("short.trustlet", Array(bytes.dropLast(4096)))
    let result = try place.run("run", "short.trustlet")
    #expect(result.status == 125 && result.errors.contains("short.trustlet"), "\(result.errors)")
  }

  /// A file-size limit stands for a full disk: both end a write early.
  @Test(arguments: [1, 8, 40, 4096]) func fullDiskLeavesNoHalfImage(kibibytes: Int) throws {
    let place = try Workplace()
    try place.module("program.wasm", Self.program)
    // With the objects kept, the image's own file is the only one to be written.
    try #require(try place.run("measure", "program.wasm", environment: ["COFFER_CACHE": place.path + "/cache"]).status == 0)
    try place.write("out.trustlet", [1, 2, 3])
    let result = try place.run(
      "build", "program.wasm", "-o", "out.trustlet", environment: ["COFFER_CACHE": place.path + "/cache"],
      shell: "ulimit -f \(kibibytes * 2);")
    let written = try place.bytes("out.trustlet")
    if result.status == 0 {
      #expect(written.count > 4096)
    } else {
      #expect(result.status == 125, "\(result.errors)")
      #expect(result.complaints.count >= 1 && result.errors.contains("out.trustlet"), "\(result.errors)")
      #expect(written == [1, 2, 3])
    }
    #expect(place.names == ["cache", "out.trustlet", "program.wasm"])
  }

  @Test func compilerThatIsNotThere() throws {
    let place = try Workplace()
    try place.module("program.wasm", Self.program)
    for (variable, value) in [("COFFER_CLANG", "/nonexistent"), ("COFFER_LINKER", "/nonexistent"), ("COFFER_CLANG", "/bin/true")] {
      let result = try place.run("build", "program.wasm", environment: noCache.merging([variable: value]) { $1 })
      #expect(result.status == 125 && result.complaints.count == 1, "\(result.errors)")
      #expect(result.errors.contains(value) && result.errors.contains(variable), "\(result.errors)")
    }
    #expect(place.names == ["program.wasm"])
  }

  @Test func imageRunsWithoutACompiler() throws {
    let place = try Workplace()
    try place.module("program.wasm", Self.program)
    try #require(try place.run("build", "program.wasm").status == 0)
    #expect(try place.run("run", "program.trustlet", environment: noCache.merging(["COFFER_CLANG": "/nonexistent"]) { $1 }).status == 0)
  }

  @Test func machineReadableOutputIsJSON() throws {
    let place = try Workplace()
    try place.module("a \"quoted\" näme.wasm", Self.program)
    for arguments in [
      ["build", "a \"quoted\" näme.wasm", "--json"], ["inspect", "a \"quoted\" näme.wasm", "--json"],
      ["measure", "a \"quoted\" näme.wasm", "--json"], ["inspect", "example:hello", "--json"], ["doctor", "--json"],
    ] {
      let result = try CofferCommand.run(arguments, in: place.path)
      let title: Comment = "\(arguments.joined(separator: " ")): \(result.errors)"
      #expect(result.status == 0 || arguments[0] == "doctor", title)
      #expect((try? JSONSerialization.jsonObject(with: Data(result.output.utf8))) != nil, title)
      #expect(result.complaints.isEmpty, title)
    }
  }

  @Test func theManifestIsPartOfWhatMachinesRead() throws {
    let place = try Workplace()
    let result = try CofferCommand.run(["inspect", "example:hello", "--json"], in: place.path)
    let found = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect((found["manifest"] as? [String: Any])?["memory"] as? Int == 1 << 30)
  }
}
