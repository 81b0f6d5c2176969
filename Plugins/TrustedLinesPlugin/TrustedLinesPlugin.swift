import Foundation
import PackagePlugin

/// Counts the lines of the sources that have to be trusted, whenever one of them has changed.
@main struct TrustedLinesPlugin: BuildToolPlugin {
  private static let folders = [
    "Guest", "Sources/CGuestCrypto", "Sources/CLinux", "Sources/EdgeCalls", "Sources/FunctionCalls", "Sources/GuestCrypto", "Sources/HostNetwork", "Sources/InstanceNetwork", "Sources/InstanceSecrets",
    "Sources/KVMMachine", "Sources/LibOS", "Sources/Machine",
    "Sources/Monitor", "Sources/MonitorProcess", "Sources/NetworkRules", "Sources/ProcessMachine", "Sources/SealedFiles", "Sources/SealedVolume",
  ]
  private static let extensions = ["swift", "c", "h", "S", "ld"]

  func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
    let root = context.package.directoryURL
    let manager = FileManager.default
    let sources = Self.folders.flatMap { folder in
      (manager.subpaths(atPath: root.appending(path: folder).path) ?? []).sorted().map { root.appending(path: "\(folder)/\($0)") }
    }.filter { Self.extensions.contains($0.pathExtension) }
    let output = context.pluginWorkDirectoryURL.appending(path: "CountedLines.swift")
    return [
      .buildCommand(
        displayName: "Counting the lines to be trusted", executable: try context.tool(named: "line-counter").url,
        arguments: [output.path, root.path] + sources.map(\.path), inputFiles: sources, outputFiles: [output])
    ]
  }
}
