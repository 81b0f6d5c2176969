import Foundation
import PackagePlugin

/// Compiles the library OS a second time, as Embedded Swift for each architecture, whenever one of its sources has changed.
@main struct GuestPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
    let guest = context.package.directoryURL.appending(path: "Guest")
    let shared = try ["EdgeCalls", "GuestCrypto", "InstanceNetwork", "InstanceSecrets", "LibOS", "SealedFiles", "SealedVolume"].flatMap { name in
      try context.package.targets(named: [name]).compactMap { $0 as? SwiftSourceModuleTarget }
        .flatMap { $0.sourceFiles.map(\.url) }
    }
    let cryptography = context.package.directoryURL.appending(path: "Sources/CGuestCrypto")
    let cryptographySources = try context.package.targets(named: ["CGuestCrypto"]).compactMap { $0 as? ClangSourceModuleTarget }
      .flatMap { $0.sourceFiles.map(\.url) }
    let manager = FileManager.default
    let own = try manager.contentsOfDirectory(at: guest, includingPropertiesForKeys: nil)
    let headers = try manager.contentsOfDirectory(at: guest.appending(path: "include"), includingPropertiesForKeys: nil)
    let process = try manager.contentsOfDirectory(at: guest.appending(path: "process"), includingPropertiesForKeys: nil)
    let output = context.pluginWorkDirectoryURL.appending(path: "CompiledGuest.swift")
    let tools = try ["swiftc", "clang", "ld.lld"].map { try context.tool(named: $0).url }
    let sources = (shared.filter { $0.pathExtension == "swift" } + cryptographySources.filter { $0.pathExtension == "c" } + own)
      .sorted { $0.path < $1.path }
    return [
      .buildCommand(
        displayName: "Compiling the library OS for trustlets",
        executable: try context.tool(named: "guest-builder").url,
        arguments: tools.map(\.path) + [context.pluginWorkDirectoryURL.path, output.path, guest.path, cryptography.appending(path: "include").path]
          + sources.filter { $0.hasDirectoryPath == false }.map(\.path),
        inputFiles: sources + cryptographySources + headers + process + tools,
        outputFiles: [output])
    ]
  }
}
