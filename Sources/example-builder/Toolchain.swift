import Foundation

struct BuildFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The compilers beside the `swiftc` that runs the build.
struct Toolchain {
  let swiftc: String
  let clang: String
  let linker: String
  let workFolder: URL

  /// Free-standing C. No fused multiply-add, so that every target rounds alike.
  static let cOptions = [
    "-std=c23", "-O2", "-ffreestanding", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror",
  ]
  static let wasmTarget = "--target=wasm32-unknown-unknown"

  /// The stack lies below the data, so that running out of it traps instead of overwriting them.
  /// Names of functions stay in: trap messages show them.
  private static let linkOptions = ["-z", "stack-size=1048576", "--stack-first", "--gc-sections"]

  func object(named name: String) -> URL { workFolder.appending(path: name + ".o") }

  func compileC(_ source: URL, options: [String], to object: URL) throws {
    try run(clang, options + ["-c", source.path, "-o", object.path])
  }

  /// Compiles one module of Embedded Swift for WebAssembly.
  func compileSwift(_ sources: [URL], module: String, include: URL, to object: URL) throws {
    try run(
      swiftc,
      [
        "-target", "wasm32-unknown-none-wasm", "-enable-experimental-feature", "Embedded", "-wmo", "-parse-as-library",
        "-Osize", "-swift-version", "6", "-warnings-as-errors", "-module-name", module, "-I", include.path,
        "-Xfrontend", "-function-sections", "-Xfrontend", "-disable-stack-protector",
        "-module-cache-path", workFolder.appending(path: "modules").path,
      ] + sources.map(\.path) + ["-c", "-o", object.path])
  }

  func linkWasm(_ objects: [URL], to program: URL, options: [String] = []) throws {
    try run(linker, Self.linkOptions + options + objects.map(\.path) + ["-o", program.path])
  }

  @discardableResult
  func run(_ tool: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: tool)
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw BuildFailure("\(tool) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
    return printed
  }
}

/// A base64 string literal compiles at once whatever its size; an array literal takes minutes.
func base64Literal(_ file: URL) throws -> String {
  "\"" + (try Data(contentsOf: file)).base64EncodedString() + "\""
}

func files(in folder: URL, endingWith suffix: String) throws -> [URL] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    .filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
    .map { folder.appending(path: $0) }
}
