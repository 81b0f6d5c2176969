import Foundation
import Testing
import WASIClients
import WASIComponents

/// Another implementation's judgement: Python's `wasmtime`, where it is installed.
@Suite(.enabled(if: Wasmtime.isInstalled, "needs python3 with the package wasmtime (pip install wasmtime), or COFFER_PYTHON"))
struct WasmtimeTests {
  @Test func acceptsTheComponent() throws {
    #expect(try Wasmtime.judgement(of: WASIComponents.standard) == "accepted")
  }

  @Test(arguments: [WASIClients.probe, WASIClients.sockets, WASIClients.ending, WASIClients.http])
  func acceptsClients(client: @Sendable () throws -> [UInt8]) throws {
    #expect(try Wasmtime.judgement(of: try client()) == "accepted")
  }

  /// What Wasmtime's own WASI offers is what is offered here, name by name and type by type, but for what stands behind its gates.
  @Test(arguments: ["0.2.0", "0.2.12"]) func offersTheSameTypes(version: String) throws {
    let gated: Set = [
      "cli/exit#exit-with-code", "clocks/timezone#display", "clocks/timezone#utc-offset", "sockets/network#network-error-code",
    ]
    let all = ClientComponent.importingAll(version: version, without: gated)
    let judgement = try Wasmtime.judgement(of: all, instantiates: true)
    #expect(judgement == "accepted")
  }

  /// It can say no.
  @Test func refusesADamagedComponent() throws {
    #expect(try Wasmtime.judgement(of: Array(WASIComponents.standard.dropLast(2))) != "accepted")
  }
}

enum Wasmtime {
  private static let python = ProcessInfo.processInfo.environment["COFFER_PYTHON"] ?? "python3"

  static let isInstalled = (try? run("import wasmtime.component", []))?.status == 0

  static func judgement(of component: [UInt8], instantiates: Bool = false) throws -> String {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "component.wasm")
    try Data(component).write(to: file)
    return try run(
      """
      import sys, wasmtime
      from wasmtime import component
      try:
        engine = wasmtime.Engine()
        file = component.Component.from_file(engine, sys.argv[1])
        if len(sys.argv) > 2:
          linker = component.Linker(engine)
          linker.add_wasip2()
          store = wasmtime.Store(engine)
          store.set_wasi(wasmtime.WasiConfig())
          linker.add_wasi_http()
          store.set_wasi_http()
          linker.instantiate(store, file)
        print("accepted")
      except wasmtime.WasmtimeError as error: print(error)
      """, [file.path] + (instantiates ? ["instantiate"] : [])
    ).output
  }

  private static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-c", script] + arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
