import ComponentFormat
import Testing
import WASIClients
import WASIComponents
import WasmText

/// The component that offers WASI 0.2, as its decoder sees it.
@Suite struct StandardComponentTests {
  @Test func offersEveryInterface() throws {
    let binary = try ComponentBinary.decode(WASIComponents.standard)
    #expect(binary.component.exports.map(\.name) == WASIComponents.offered)
    #expect(binary.component.imports.map(\.name) == [WASIComponents.libraryOSImport])
    for package in ["io/streams", "io/poll", "io/error", "clocks/monotonic-clock", "clocks/wall-clock", "random/random", "cli/environment",
      "cli/exit", "cli/stdin", "cli/terminal-stdout", "filesystem/types", "filesystem/preopens", "sockets/tcp", "sockets/ip-name-lookup"] {
      #expect(WASIComponents.offered.contains { $0.hasPrefix("wasi:\(package)@0.2.") }, "\(package)")
    }
  }

  /// Each function of an interface is there, and of the type that clients import it by: comparing them is the decoder's work.
  @Test(arguments: [WASIClients.probe, WASIClients.sockets, WASIClients.ending])
  func composesWithClients(client: @Sendable () throws -> [UInt8]) throws {
    let binary = try ComponentBinary.decode(try client())
    let command = try #require(Composition.commandExport(of: binary))
    #expect(command == "wasi:cli/run@0.2.0")
    let whole = try ComponentBinary.decode(try Composition.compose(binary, exports: [command]))
    #expect(whole.component.exports.map(\.name) == [command])
    #expect(whole.component.imports.map(\.name) == [WASIComponents.libraryOSImport])
  }

  private func composed(_ text: String) throws -> ComponentBinary {
    let binary = try ComponentBinary.decode(try Wat.encodeComponent(Array(text.utf8)))
    return try ComponentBinary.decode(try Composition.compose(binary, exports: nil))
  }

  @Test(arguments: ["0.2.0", "0.2.1", "0.2.6", "0.2.12", "0.2.99"])
  func anyVersionOfTheTrackWillDo(version: String) throws {
    let whole = try composed("(component (import \"wasi:random/random@\(version)\" (instance (export \"get-random-u64\" (func (result u64))))))")
    #expect(whole.component.imports.count == 1)
  }

  /// What is asked for, and what the refusal must name.
  @Test(arguments: [
    ("wasi:io/error@0.3.0", "wasi:io/error@0.3.0 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@0.1.0", "wasi:io/error@0.1.0 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@1.2.0", "wasi:io/error@1.2.0 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@0.2.0-rc-2023-11-10", "wasi:io/error@0.2.0-rc-2023-11-10 (offered is wasi:io/error@0.2."),
    ("wasi:io/error", "wasi:io/error (offered is wasi:io/error@0.2."),
    ("wasi:http/types@0.2.0", "nothing offers wasi:http/types@0.2.0; offered are wasi:io/{error,poll,streams}"),
    ("wasi:io/nothing@0.2.0", "nothing offers wasi:io/nothing@0.2.0"),
    ("other:io/error@0.2.0", "nothing offers other:io/error@0.2.0"),
    ("plain", "nothing offers plain"),
  ])
  func whatIsNotOfferedIsNamed(name: String, message: String) throws {
    let error = #expect(throws: CompositionError.self) {
      try composed("(component (import \"\(name)\" (instance)))")
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
  }

  @Test func allThatIsMissingIsNamedAtOnce() throws {
    let error = #expect(throws: CompositionError.self) {
      try composed("(component (import \"a:b/c@1.0.0\" (instance)) (import \"wasi:io/poll@0.2.0\" (instance)) (import \"d\" (func)))")
    }
    #expect(error?.missing == ["a:b/c@1.0.0", "d"])
  }

  /// The name is offered, but not so: the decoder compares.
  @Test(arguments: [
    "(instance (export \"get-random-u64\" (func (result u32))))",
    "(instance (export \"get-random-u128\" (func (result u64))))",
    "(instance (export \"get-random-bytes\" (func (param \"length\" u64) (result (list u8)))))",
    "(func)",
  ])
  func otherTypesAreRefused(type: String) throws {
    #expect(throws: (any Error).self) { try composed("(component (import \"wasi:random/random@0.2.0\" \(type)))") }
  }

  @Test func anImportOfTheHostsModuleIsNotForUsers() throws {
    #expect(throws: CompositionError.self) { try composed("(component (import \"wasi-snapshot-preview1\" (core module)))") }
  }

  @Test func clientsOfUnknownFunctionsAreNamed() throws {
    let text = "(module (import \"env\" \"memory\" (memory 0)) (import \"wasi:io/poll@0.2.0\" \"[method]pollable.wait\" (func (param i32))))"
    let module = try decoded(text)
    let error = #expect(throws: ClientComponent.UnknownFunction.self) { try ClientComponent.make(of: module) }
    #expect(error?.name == "[method]pollable.wait")
  }
}
