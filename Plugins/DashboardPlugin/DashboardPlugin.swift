import Foundation
import PackagePlugin

/// Puts the dashboard's page, style and script into the program: it is served from there, whatever lies around it.
@main struct DashboardPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Dashboard/Page")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "DashboardFiles.swift")
    return [
      .buildCommand(
        displayName: "Carrying the dashboard",
        executable: try context.tool(named: "page-builder").url,
        arguments: [folder.path, output.path],
        inputFiles: files,
        outputFiles: [output])
    ]
  }
}
