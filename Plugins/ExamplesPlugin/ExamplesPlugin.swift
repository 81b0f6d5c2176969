import Foundation
import PackagePlugin

/// Builds the WebAssembly programs that a target carries, from source, with the toolchain that runs the build:
/// for `Examples` every folder of `Examples/`, for `BenchmarkKernels` the C files of each folder of `Benchmarks`, for `WASIComponents`
/// those of `Components/wasi`, for `WASIClients` of `Tests/Programs/wasi2`, for `LyingHost` those of `Tests/Programs/hostile`.
@main struct ExamplesPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
    let root = context.package.directoryURL
    let (job, folder) = switch target.name {
    case "Examples": ("examples", root.appending(path: "Examples"))
    case "BenchmarkKernels": ("kernels", root.appending(path: "Benchmarks"))
    case "LyingHost": ("single", root.appending(path: "Tests/Programs/hostile"))
    case "WASIClients": ("clients", root.appending(path: "Tests/Programs/wasi2"))
    case "WASIComponents": ("wasi", root.appending(path: "Components/wasi"))
    default: throw UnknownTarget(description: "ExamplesPlugin builds nothing for the target \(target.name)")
    }
    let tools = try ["swiftc", "clang", "wasm-ld"].map { try context.tool(named: $0).url }
    let output = context.pluginWorkDirectoryURL.appending(path: "\(target.name)Programs.swift")
    return [
      .buildCommand(
        displayName: "Compiling the \(job) to WebAssembly",
        executable: try context.tool(named: "example-builder").url,
        arguments: [job, folder.path] + tools.map(\.path) + [context.pluginWorkDirectoryURL.path, output.path],
        inputFiles: try files(below: folder) + tools,
        outputFiles: [output])
    ]
  }

  private func files(below folder: URL) throws -> [URL] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
      .map { folder.appending(path: $0) }
      .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
  }
}

struct UnknownTarget: Error, CustomStringConvertible {
  let description: String
}
