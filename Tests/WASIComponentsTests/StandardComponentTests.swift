import ComponentFormat
import ComponentLinking
import Testing
import WASIClients
import WASIComponents
import WasmText

/// The component that offers WASI 0.2, as its decoder sees it.
@Suite struct StandardComponentTests {
  @Test func offersEveryInterface() throws {
    let binary = try ComponentBinary.decode(WASIComponents.standard)
    // The last is for the driver alone.
    #expect(binary.component.exports.map(\.name) == WASIComponents.offered + ["coffer:node/requests@0.2.12"])
    #expect(binary.component.imports.map(\.name) == [WASIComponents.libraryOSImport])
    for package in ["io/streams", "io/poll", "io/error", "clocks/monotonic-clock", "clocks/wall-clock", "random/random", "cli/environment",
      "cli/exit", "cli/stdin", "cli/terminal-stdout", "filesystem/types", "filesystem/preopens", "sockets/tcp", "sockets/ip-name-lookup", "http/types",
      "http/outgoing-handler"] {
      #expect(WASIComponents.offered.contains { $0.hasPrefix("wasi:\(package)@0.2.") }, "\(package)")
    }
  }

  /// As WIT has it, in some of what is easily spelt wrong.
  @Test(arguments: [
    "append-via-stream: func() -> result<output-stream, error-code>;", "get-environment: func() -> list<tuple<string, string>>;",
    "read-directory-entry: func() -> result<option<directory-entry>, error-code>;", "exit: func(status: result);",
    "variant new-timestamp { no-change, now, timestamp(datetime) }", "flags path-flags { symlink-follow }",
    "check-write: func() -> result<u64, stream-error>;", "poll: func(in: list<borrow<pollable>>) -> list<u32>;",
    "record directory-entry { %type: descriptor-type, name: string }", "initial-cwd: func() -> option<string>;",
    "use wasi:io/streams@0.2.12.{output-stream};", "type ipv4-address = tuple<u8, u8, u8, u8>;",
    "from-list: static func(entries: list<tuple<string, field-value>>) -> result<fields, header-error>;", "constructor(headers: headers);",
    "set: static func(param: response-outparam, response: result<outgoing-response, error-code>);",
    "get: func() -> option<result<result<option<trailers>, error-code>>>;",
    "handle: func(request: outgoing-request, options: option<request-options>) -> result<future-incoming-response, error-code>;",
  ])
  func isSpeltAsWIT(line: String) throws {
    let text = try ComponentBinary.decode(WASIComponents.standard).worldText
    #expect(text.contains(line))
  }

  /// Each function of an interface is there, and of the type that clients import it by: comparing them is the decoder's work.
  @Test(arguments: [WASIClients.probe, WASIClients.sockets, WASIClients.ending])
  func linksWithClients(client: @Sendable () throws -> [UInt8]) throws {
    let binary = try ComponentBinary.decode(try client())
    #expect(WASIComponents.commandExport(of: binary) == "wasi:cli/run@0.2.0")
    let linked = try linked(binary)
    #expect(linked.functions.map(\.path) == [["wasi:cli/run@0.2.0", "run"]])
    #expect(linked.unsupported.isEmpty)
  }

  /// A component that answers HTTP requests, with the driver around it: nothing but the driver's command can be called.
  @Test func linksWithTheDriverOfHTTP() throws {
    let binary = try ComponentBinary.decode(try WASIClients.http())
    #expect(WASIComponents.commandExport(of: binary) == nil)
    #expect(WASIComponents.handlerExport(of: binary) == "wasi:http/incoming-handler@0.2.0")
    let driver = try ComponentBinary.decode(WASIComponents.httpDriver)
    try WASIComponents.checkImports(of: binary)
    let linked = try ComponentLinker.link(binary, providers: [try ComponentBinary.decode(WASIComponents.standard)], driver: driver)
    #expect(linked.functions.map(\.path) == [["wasi:cli/run@0.2.12", "run"]])
    #expect(linked.unsupported.isEmpty)
    // One that exports nothing to drive, and one whose handler is of another type.
    #expect(throws: LinkingError.self) {
      try ComponentLinker.link(
        try self.binary("(component)"), providers: [try ComponentBinary.decode(WASIComponents.standard)], driver: driver)
    }
    let other = try self.binary(
      """
      (component
        (core module $M (func (export "f") (param i32)))
        (core instance $m (instantiate $M))
        (func $f (param "request" u32) (canon lift (core func $m "f")))
        (instance $i (export "handle" (func $f)))
        (export "wasi:http/incoming-handler@0.2.0" (instance $i)))
      """)
    #expect(throws: LinkingError.self) {
      try ComponentLinker.link(other, providers: [try ComponentBinary.decode(WASIComponents.standard)], driver: driver)
    }
  }

  private func linked(_ binary: ComponentBinary) throws -> LinkedComponent {
    try WASIComponents.checkImports(of: binary)
    return try ComponentLinker.link(binary, providers: [try ComponentBinary.decode(WASIComponents.standard)])
  }

  private func binary(_ text: String) throws -> ComponentBinary { try ComponentBinary.decode(try Wat.encodeComponent(Array(text.utf8))) }

  @Test(arguments: ["0.2.0", "0.2.1", "0.2.6", "0.2.12", "0.2.99", "0.2.3+build.7", "0.2"])
  func anyVersionOfTheTrackWillDo(version: String) throws {
    _ = try linked(try binary(Self.client("wasi:random/random@\(version)", "(result u64)")))
  }

  /// A canonical version says only what compatible ones have in common; also of what a component exports.
  @Test func canonicalVersionsAreVersions() throws {
    let text = "(component (core module $M (func (export \"f\") (result i32) (i32.const 0))) (core instance $m (instantiate $M)) "
      + "(func $f (result (result)) (canon lift (core func $m \"f\"))) (instance $i (export \"run\" (func $f))) (export \"wasi:cli/run@VERSION\" (instance $i)))"
    for version in ["0.2", "0.2.5"] {
      #expect(WASIComponents.commandExport(of: try binary(text.replacing("VERSION", with: version))) == "wasi:cli/run@\(version)")
    }
    for version in ["0.3", "1", "0.1"] { #expect(WASIComponents.commandExport(of: try binary(text.replacing("VERSION", with: version))) == nil) }
  }

  /// What is asked for, and what the refusal must name.
  @Test(arguments: [
    ("wasi:io/error@0.3.0", "wasi:io/error@0.3.0 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@0.1.0", "wasi:io/error@0.1.0 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@1", "wasi:io/error@1 (offered is wasi:io/error@0.2."), ("wasi:io/error@0.3", "wasi:io/error@0.3 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@1.2.0", "wasi:io/error@1.2.0 (offered is wasi:io/error@0.2."),
    ("wasi:io/error@0.2.0-rc-2023-11-10", "wasi:io/error@0.2.0-rc-2023-11-10 (offered is wasi:io/error@0.2."),
    ("wasi:io/error", "wasi:io/error (offered is wasi:io/error@0.2."),
    ("wasi:http/types@0.3.0", "wasi:http/types@0.3.0 (offered is wasi:http/types@0.2."),
    ("wasi:tls/types@0.2.0", "nothing offers wasi:tls/types@0.2.0; offered are wasi:io/{error,poll,streams}"),
    ("coffer:node/requests@0.2.12", "nothing offers coffer:node/requests@0.2.12"), ("wasi:node/requests@0.2.12", "nothing offers wasi:node/requests@0.2.12"),
    ("wasi:io/nothing@0.2.0", "nothing offers wasi:io/nothing@0.2.0"),
    ("other:io/error@0.2.0", "nothing offers other:io/error@0.2.0"),
    ("plain", "nothing offers plain"),
  ])
  func whatIsNotOfferedIsNamed(name: String, message: String) throws {
    let error = #expect(throws: UnofferedImports.self) {
      try WASIComponents.checkImports(of: try binary("(component (import \"\(name)\" (instance)))"))
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
  }

  @Test func allThatIsMissingIsNamedAtOnce() throws {
    let error = #expect(throws: UnofferedImports.self) {
      try WASIComponents.checkImports(
        of: try binary("(component (import \"a:b/c@1.0.0\" (instance)) (import \"wasi:io/poll@0.2.0\" (instance)) (import \"d\" (func)))"))
    }
    #expect(error?.missing == ["a:b/c@1.0.0", "d"])
  }

  /// Calls a function of an interface.
  private static func client(_ interface: String, _ type: String, name: String = "get-random-u64") -> String {
    """
    (component
      (import "\(interface)" (instance $i (export "\(name)" (func \(type)))))
      (core func $f (canon lower (func $i "\(name)")))
      (core module $N (import "a" "f" (func (result i64))) (func (export "f") (result i64) (call 0)))
      (core instance $n (instantiate $N (with "a" (instance (export "f" (func $f)))))))
    """
  }

  /// The name is offered, but nothing of that kind.
  @Test func otherTypesAreRefused() throws {
    let good = try binary(Self.client("wasi:random/random@0.2.0", "(result u64)"))
    _ = try linked(good)
    let signed = try binary(Self.client("wasi:random/random@0.2.0", "(result s64)"))
    #expect(throws: LinkingError.self) { try linked(signed) }
    let unknown = try binary(Self.client("wasi:random/random@0.2.0", "(result u64)", name: "get-random-number"))
    #expect(throws: LinkingError.self) { try linked(unknown) }
  }

  @Test func anImportOfTheHostsModuleIsNotForUsers() throws {
    let component = try binary("(component (import \"wasi-snapshot-preview1\" (core module)))")
    #expect(throws: UnofferedImports.self) { try WASIComponents.checkImports(of: component) }
  }

  @Test func clientsOfUnknownFunctionsAreNamed() throws {
    let text = "(module (import \"env\" \"memory\" (memory 0)) (import \"wasi:io/poll@0.2.0\" \"[method]pollable.wait\" (func (param i32))))"
    let module = try decoded(text)
    let error = #expect(throws: ClientComponent.UnknownFunction.self) { try ClientComponent.make(of: module) }
    #expect(error?.name == "[method]pollable.wait")
  }
}
