import Foundation
import FunctionStore
import Gateway
import Hummingbird
import SampleFunctions
import Testing

/// Modules are built by a process beside the node, here by a script: it is called as `coffer-tools build MODULE -o IMAGE --manifest FILE --optimize HOW`.
@Suite struct ModuleBuildTests {
  private static let module: [UInt8] = Array("\0asm\u{1}\0\0\0".utf8)

  /// Copies an image for each way of optimising.
  private static func tool(_ directory: String) -> String { "cp \(directory)/$8.image \"$4\"" }

  private func scenario(tool: String? = nil, timeLimit: Int = 60) throws -> ManagementScenario {
    let images = try ScratchDirectory()
    try Data(try SampleImages.image(1)).write(to: URL(fileURLWithPath: images.path + "/none.image"))
    try Data(try SampleImages.image(2)).write(to: URL(fileURLWithPath: images.path + "/speed.image"))
    keeper.append(images)
    return try ManagementScenario(tool: tool ?? Self.tool(images.path), timeLimit: timeLimit)
  }

  private let keeper = Keeper()

  private final class Keeper: @unchecked Sendable {
    private var kept: [ScratchDirectory] = []
    func append(_ directory: ScratchDirectory) { kept.append(directory) }
  }

  private func wait(_ what: () -> Bool) async throws {
    for _ in 0..<12_000 where !what() { try await Task.sleep(for: .milliseconds(10)) }
  }

  /// Deploys the module, and waits until nothing of it is to be built any more.
  private func deployAndOptimise(_ scenario: ManagementScenario) async throws {
    try await scenario.test { admin in
      #expect(try await admin.send(.put, "/v1/functions/hello", Self.module).status == 201)
      let running = Task { await scenario.builds.run() }
      try await wait { scenario.store.function("hello")?.isBuilding == false }
      running.cancel()
      await running.value
    }
  }

  @Test func aModuleServesAtOnceAndIsOptimisedThen() async throws {
    let scenario = try scenario()
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", Self.module)
      #expect(answer.status == 201)
      #expect(answer.json["building"] as? Bool == true)
      #expect(scenario.store.function("hello")?.serving.map(\.origin) == [.quick])
      let running = Task { await scenario.builds.run() }
      try await wait { scenario.store.function("hello")?.isBuilding == false }
      #expect(scenario.store.function("hello")?.serving.map(\.origin) == [.optimised])
      #expect(scenario.store.function("hello")?.revisions.count == 2)
      running.cancel()
      await running.value
    }
    #expect(try scenario.directory.names("data/sources").isEmpty)
  }

  @Test func whatTheBuildSaysIsSaid() async throws {
    let scenario = try scenario(tool: "echo \"coffer: $2: wasm offset 0x8: there is no such type\" >&2; exit 125")
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", Self.module)
      #expect(answer.status == 422)
      #expect(answer.detail == "the module cannot be built: wasm offset 0x8: there is no such type")
    }
    #expect(scenario.store.functionCount == 0)
    #expect(try scenario.directory.names("data/sources").isEmpty)
  }

  @Test(arguments: ["exit 0", "kill -9 $$", "echo garbage > \"$4\"", "mkfifo \"$4\"", "ln -s /etc/passwd \"$4\"", ": > \"$4\""])
  func aBuildThatGoesWrongIsAProblem(_ tool: String) async throws {
    let scenario = try scenario(tool: tool)
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", Self.module)
      #expect((400..<600).contains(answer.status), "\(tool)")
      #expect(!answer.detail.isEmpty)
    }
    #expect(scenario.store.functionCount == 0)
    #expect(try scenario.directory.names("data/sources").isEmpty)
  }

  @Test func anEndlessBuildIsStoppedWithAllThatItStarted() async throws {
    let scenario = try scenario(tool: "sleep 1000 & echo $! > \"$(dirname \"$0\")/child\"; while :; do :; done", timeLimit: 1)
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", Self.module)
      #expect(answer.status == 422)
      #expect(answer.detail.contains("stopped after 1 s"))
    }
    let child = try String(contentsOfFile: scenario.directory.path + "/child", encoding: .utf8).trimmingCharacters(in: .newlines)
    // Killed, though perhaps nobody has taken note yet.
    let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
    #expect(state?.split(separator: ")").last?.split(separator: " ").first.map { $0 == "Z" || $0 == "X" } ?? true)
  }

  @Test func anOptimisedBuildThatFailsLeavesTheQuickOne() async throws {
    let scenario = try scenario(tool: "[ $8 = none ] || exit 1; cp \(try imageFile(1)) \"$4\"")
    try await deployAndOptimise(scenario)
    #expect(scenario.store.function("hello")?.serving.map(\.origin) == [.quick])
    #expect(try scenario.directory.names("data/sources").isEmpty)
  }

  /// What happened to a build once, by no fault of the module's, is not for ever.
  @Test(arguments: [
    "kill -9 $$", "echo 'coffer: the process that compiled it ended with signal 9' >&2; exit 125",
    "echo \"coffer: cannot write 'x': No space left on device\" >&2; exit 125",
  ])
  func anOptimisedBuildThatWasLostIsTriedAgain(_ mishap: String) async throws {
    let scenario = try scenario(
      tool: "[ $8 = none ] || [ -e \"$(dirname \"$0\")/tried\" ] || { touch \"$(dirname \"$0\")/tried\"; \(mishap); exit 1; }; cp \(try imageFile(1)) \"$4\"")
    try await deployAndOptimise(scenario)
    #expect(scenario.store.function("hello")?.serving.map(\.origin) == [.optimised])
    #expect(try scenario.directory.names("data/sources").isEmpty)
  }

  @Test func anOptimisedBuildThatIsAlwaysLostIsGivenUp() async throws {
    let scenario = try scenario(tool: "[ $8 = none ] || kill -9 $$; cp \(try imageFile(1)) \"$4\"")
    try await deployAndOptimise(scenario)
    #expect(scenario.store.function("hello")?.serving.map(\.origin) == [.quick])
    #expect(scenario.store.function("hello")?.isBuilding == false)
  }

  @Test func aFullDiskIsNoFaultOfTheModules() async throws {
    let scenario = try scenario(tool: "echo \"coffer: cannot write 'x': No space left on device\" >&2; exit 125")
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", Self.module)
      #expect(answer.status == 507)
      #expect(answer.detail.contains("free some space"))
    }
  }

  /// A build of which nothing would come, and one that fails for good, are in nobody's way.
  @Test(.timeLimit(.minutes(5)), arguments: ["deployed again", "removed"]) func aSupersededBuildEnds(_ manner: String) async throws {
    let scenario = try scenario(
      tool: "[ $8 = none ] || ! grep -q endless \"$2\" || { touch \"$(dirname \"$0\")/begun\"; while :; do sleep 1; done; }; cp \(try imageFile(1)) \"$4\"",
      timeLimit: 3600)
    try await scenario.test { admin in
      #expect(try await admin.send(.put, "/v1/functions/hello", Self.module + Array("endless".utf8)).status == 201)
      let running = Task { await scenario.builds.run() }
      try await wait { FileManager.default.fileExists(atPath: scenario.directory.path + "/begun") }
      if manner == "removed" { #expect(try await admin.send(.delete, "/v1/functions/hello").status == 204) }
      #expect(try await admin.send(.put, "/v1/functions/hello", Self.module).status == (manner == "removed" ? 201 : 200))
      try await wait { scenario.store.function("hello")?.isBuilding == false }
      running.cancel()
      await running.value
    }
    #expect(scenario.store.function("hello")?.serving.map(\.origin) == [.optimised])
    #expect(try scenario.directory.names("data/sources").isEmpty)
  }

  private func imageFile(_ number: UInt8) throws -> String {
    let directory = try ScratchDirectory()
    keeper.append(directory)
    try Data(try SampleImages.image(number)).write(to: URL(fileURLWithPath: directory.path + "/image"))
    return directory.path + "/image"
  }

  /// The node's own files stay out of what it builds for others.
  @Test(arguments: [
    "files: {/a: /etc/passwd}", "files: {/a: ../../admin-token}", "files: {/a: x/../../y}", "files: {/a: .}", "files: {/a: \"\"}",
    "files: {/a: program.wasm}", "files: {/a: data/b}",
  ])
  func aManifestNamesNoFileOfTheNode(_ manifest: String) async throws {
    let scenario = try scenario()
    let form = TestForm([("program", Self.module), ("manifest", Array(manifest.utf8))])
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", form.bytes, fields: [.contentType: form.contentType])
      #expect(answer.status == 422, "\(answer.detail)")
      #expect(answer.detail.contains("files: '/a'"))
    }
    #expect(scenario.store.functionCount == 0)
  }

  @Test func filesComeAlong() async throws {
    let scenario = try scenario(tool: "cat \"$(dirname \"$6\")/data/deep/b\" \"$6\" > \"$(dirname \"$0\")/seen\"; cp \(try imageFile(1)) \"$4\"")
    let manifest = "files: {/a: data, /c: c.txt}\nfunction: {promote: manual}"
    let form = TestForm([
      ("program", Self.module), ("manifest", Array(manifest.utf8)), ("data/deep/b", Array("contents\n".utf8)), ("c.txt", []),
    ])
    let stray = TestForm([("program", Self.module), ("manifest", Array(manifest.utf8)), ("data/b", []), ("c.txt", []), ("other", [])])
    try await scenario.test { admin in
      #expect(try await admin.send(.put, "/v1/functions/hello", form.bytes, fields: [.contentType: form.contentType]).status == 201)
      let answer = try await admin.send(.put, "/v1/functions/hello", stray.bytes, fields: [.contentType: stray.contentType])
      #expect(answer.status == 422)
      #expect(answer.detail.contains("'other'"))
    }
    #expect(try String(contentsOfFile: scenario.directory.path + "/seen", encoding: .utf8) == "contents\n" + manifest)
  }

  /// What was checked is what is built.
  @Test(arguments: ["coffer.yaml", ".coffer.yaml", "program.wasm", ".coffer.yaml/x"])
  func noFileTakesTheManifestsPlace(_ name: String) async throws {
    let scenario = try scenario(tool: "cat \"$2\" \"$6\" > \"$(dirname \"$0\")/seen\"; cp \(try imageFile(1)) \"$4\"")
    let manifest = "files: {/a: \(name)}"
    let form = TestForm([("program", Self.module), ("manifest", Array(manifest.utf8)), (name, Array("files: {/a: ../../../admin-token}".utf8))])
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", form.bytes, fields: [.contentType: form.contentType])
      #expect(answer.status == (name.hasPrefix(".") ? 400 : 201), "\(answer.detail)")
    }
    guard !name.hasPrefix(".") else { return }
    #expect(try Data(contentsOf: URL(fileURLWithPath: scenario.directory.path + "/seen")) == Data(Self.module + Array(manifest.utf8)))
  }

  @Test func withoutToolsModulesAreNotBuilt() async throws {
    let scenario = try scenario()
    try FileManager.default.removeItem(atPath: scenario.directory.path + "/coffer-tools")
    try await scenario.test { admin in
      let answer = try await admin.send(.put, "/v1/functions/hello", Self.module)
      #expect(answer.status == 501)
      #expect(answer.detail.contains("coffer build"))
    }
  }
}
