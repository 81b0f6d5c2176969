import ComponentFormat
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

  @Test(arguments: [WASIClients.probe, WASIClients.sockets, WASIClients.ending])
  func acceptsCompositions(client: @Sendable () throws -> [UInt8]) throws {
    let bytes = try client()
    #expect(try Wasmtime.judgement(of: bytes) == "accepted")
    let whole = try Composition.compose(try ComponentBinary.decode(bytes), exports: nil)
    #expect(try Wasmtime.judgement(of: whole) == "accepted")
  }

  /// It can say no.
  @Test func refusesADamagedComponent() throws {
    #expect(try Wasmtime.judgement(of: Array(WASIComponents.standard.dropLast(2))) != "accepted")
  }
}

enum Wasmtime {
  private static let python = ProcessInfo.processInfo.environment["COFFER_PYTHON"] ?? "python3"

  static let isInstalled = (try? run("import wasmtime.component", []))?.status == 0

  static func judgement(of component: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "component.wasm")
    try Data(component).write(to: file)
    return try run(
      """
      import sys, wasmtime
      from wasmtime import component
      try:
        component.Component.from_file(wasmtime.Engine(), sys.argv[1])
        print("accepted")
      except wasmtime.WasmtimeError as error: print(error)
      """, [file.path]
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
