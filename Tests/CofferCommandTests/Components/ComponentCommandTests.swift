import Foundation
import Testing
import WASIClients

/// Components that use WASI 0.2, by the command line.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct ComponentCommandTests {
  static let machines = ["kvm", "process"]

  private func place(_ clients: String...) throws -> Workplace {
    let place = try Workplace()
    for (name, component) in WASIClients.all where clients.contains(name) { try place.write(name + ".wasm", try component()) }
    return place
  }

  /// What the clients say under Wasmtime: recorded by Scripts/compare-components --record.
  private static let recorded = PackageFolder.programs.appending(path: "wasi2/probe.expected")

  /// Files, streams, clocks, randomness, arguments and variables: nearly every function of WASI 0.2.
  @Test(arguments: machines) func answersAsWasmtimeDoes(machine: String) throws {
    let place = try place("probe")
    try FileManager.default.createDirectory(atPath: place.path + "/data", withIntermediateDirectories: true)
    let result = try CofferCommand.run(
      ["run", "--machine", machine, "--dir", "data::/data:rw", "--env", "A=1", "--env", "B=", "probe.wasm", "--", "x", "y z"],
      in: place.path, shell: "printf 'some input more' |")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == String(decoding: try Data(contentsOf: Self.recorded), as: UTF8.self))
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/data") == [])
  }

  /// A pollable for each of many connections, say: as many as there is memory for. Dropped ones are used again.
  @Test func thereMayBeManyResources() throws {
    let place = try place("plenty")
    let result = try place.run("run", "--memory", "64MiB", "plenty.wasm", "--", "50000")
    #expect(result.status == 0 && result.output == "some are ready 1\nsome are ready 1\nsome are ready 1\n", "\(result)")
  }

  @Test(arguments: machines, [("well", 0), ("fail", 1), ("exit", 1), ("code", 42), ("trap", 134)])
  func endsAsItSays(machine: String, ending: (String, Int32)) throws {
    let place = try place("ending")
    let result = try place.run("run", "--machine", machine, "ending.wasm", "--", ending.0)
    #expect(result.status == ending.1)
    #expect(result.output == (ending.0 == "well" ? "well\n" : ""))
    #expect(result.complaints.count == (ending.0 == "trap" ? 1 : 0), "\(result.errors)")
  }

  /// An image of a component runs without what built it.
  @Test func becomesAnImage() throws {
    let place = try place("ending")
    try #require(try place.run("build", "ending.wasm").status == 0)
    #expect(try place.run("run", "ending.trustlet", "--", "code").status == 42)
  }

  /// There is no network: access-denied, which is number 1.
  @Test func socketsAreDenied() throws {
    let place = try place("sockets")
    let result = try place.run("run", "sockets.wasm")
    #expect(result.output == "tcp is refused: 1\nudp is refused: 1\nlocalhost is refused: 1\n")
    #expect(result.status == 0)
  }

  /// A directory that may only be read stays as it is; 31, as under Wasmtime: not-permitted.
  @Test func readOnlyDirectoriesStaySo() throws {
    let place = try place("probe")
    try FileManager.default.createDirectory(atPath: place.path + "/data", withIntermediateDirectories: true)
    try place.write("data/kept", Array("kept".utf8))
    let result = try place.run("run", "--dir", "data::/data", "probe.wasm")
    #expect(result.output.contains("open one error") && result.output.contains("given flags 1\n"), "\(result.output)")
    #expect(result.output.contains("open kept done\nwriting it 31\nor its stream 31\n"), "\(result.output)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/data") == ["kept"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path + "/data/kept")) == Data("kept".utf8))
  }

  /// What a component can do wrong with handles, lists and strings ends it, and nothing else.
  @Test(arguments: [
    "poll-of-nothing", "more-than-permitted", "more-zeroes-than-permitted", "more-than-blocking", "endless-list", "list-beyond-the-end",
    "list-around-the-end", "many-pollables", "misaligned-list", "misaligned-result", "not-utf-8", "unknown-handle", "no-handle",
    "handle-of-another-kind", "dropped-handle", "dropped-twice", "endless-randomness", "too-many-objects",
  ])
  func hostilityIsATrap(what: String) throws {
    let place = try Self.hostile.get()
    let result = try place.run("run", "--memory", "64MiB", "--dir", ".::/data", "hostile.trustlet", "--", what)
    #expect(result.status == 134, "\(result.errors)")
    // There may be as many objects as there is memory for: where it ends is said too.
    #expect(result.output.isEmpty && result.complaints.count == (what == "too-many-objects" ? 2 : 1), "\(result.errors)")
    #expect(result.errors.contains("trap: "))
  }

  @Test func flagsThatDoNotExistAreNotPassedOn() throws {
    let result = try Self.hostile.get().run("run", "--dir", ".::/data", "hostile.trustlet", "--", "flags-that-are-none")
    #expect(result.status == 0)
    #expect(result.output == "not stopped\n")
  }

  /// Built once for all cases.
  private static let hostile = Result {
    let place = try Workplace()
    try place.write("hostile.wasm", try WASIClients.hostile())
    guard try place.run("build", "hostile.wasm").status == 0 else { throw CocoaError(.fileReadUnknown) }
    return place
  }

  /// What is wrong, and what the message must have.
  @Test(arguments: [
    ("(component (import \"wasi:nn/tensor@0.2.0\" (instance)))", "nothing offers wasi:nn/tensor@0.2.0; offered are wasi:io/{error,poll,streams}"),
    ("(component (import \"wasi:io/poll@0.3.0\" (instance)))", "nothing offers wasi:io/poll@0.3.0 (offered is wasi:io/poll@0.2."),
    ("(component (import \"wasi:cli/types@0.3.0\" (instance)))", "of WASI 0.3 nothing is offered: compile for 0.2 (wasm32-wasip2)"),
    ("(component)", "no WASI command"),
  ])
  func refusalsSayWhatIsOffered(text: String, message: String) throws {
    let place = try Workplace()
    try place.component("program.wasm", text)
    let result = try place.run("run", "program.wasm")
    #expect(result.status == 125)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
