import Examples
import Foundation

/// Another runtime to compare with: the interpreter of the Swift toolchain, and Wasmtime when Python has it.
struct WasmRuntime {
  struct Result {
    let output: String
    let complaints: String
    let status: Int32
  }

  let name: String
  let command: [String]

  static let installed: [WasmRuntime] = {
    var found: [WasmRuntime] = []
    if succeeds(["wasmkit", "--version"]) {
      found.append(WasmRuntime(name: "wasmkit", command: ["wasmkit", "run", "--dir", "data"]))
    }
    if succeeds(["python3", "-c", "import wasmtime"]) {
      let script = packageRoot.appending(path: "Scripts/run-with-wasmtime.py").path
      found.append(WasmRuntime(name: "Wasmtime", command: ["python3", script, "--dir", "data::data"]))
    }
    return found
  }()

  func run(_ run: ExampleRun) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coffer-examples-\(UUID().uuidString)")
    let data = folder.appending(path: "data")
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appending(path: "program.wasm")
    let module = Example.named(run.example)?.module ?? []
    try Data(module).write(to: program)
    try Data(ExampleRun.poem.utf8).write(to: data.appending(path: "poem.txt"))
    try Data().write(to: data.appending(path: "empty"))
    try Data("secret".utf8).write(to: folder.appending(path: "secret"))
    let input = folder.appending(path: "input")
    try Data(run.input.utf8).write(to: input)

    let process = Self.process(command + [program.path] + run.arguments)
    process.currentDirectoryURL = folder
    process.standardInput = try FileHandle(forReadingFrom: input)
    // Files, not pipes: a trap's trace may be longer than a pipe holds.
    let (output, outputFile) = try Self.file(folder.appending(path: "output"))
    let (complaints, complaintsFile) = try Self.file(folder.appending(path: "complaints"))
    process.standardOutput = outputFile
    process.standardError = complaintsFile
    try process.run()
    process.waitUntilExit()
    return Result(
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      complaints: String(decoding: try Data(contentsOf: complaints), as: UTF8.self),
      status: process.terminationStatus)
  }

  private static func file(_ place: URL) throws -> (URL, FileHandle) {
    try Data().write(to: place)
    return (place, try FileHandle(forWritingTo: place))
  }

  private static func process(_ command: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    return process
  }

  private static func succeeds(_ command: [String]) -> Bool {
    let process = process(command)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
