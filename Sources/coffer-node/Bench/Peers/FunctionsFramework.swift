import Foundation
import ProgramFiles

/// Google's functions-framework for Python, under gunicorn, as it serves by default: one process that stays, with no isolation of one
/// request from the next.
enum FunctionsFramework {
  static let name = "functions-framework"

  /// Nil where it is not installed.
  static func server(in scratch: ScratchDirectory) throws -> HelloServer? {
    guard let program = ExecutablePath.inPath(name) ?? installed else { return nil }
    let source = try scratch.add("main.py", Data(Self.source.utf8))
    let port = try LoopbackPort.free()
    let server = try ServedProcess(
      name, [program, "--target", "hello", "--source", source, "--host", "127.0.0.1", "--port", "\(port)"], port: port, in: scratch)
    return try HelloServer(name, path: "/", port: port, [server])
  }

  /// Where Scripts/install-test-tools puts it.
  private static var installed: String? {
    let variables = ProcessInfo.processInfo.environment
    let cache = variables["XDG_CACHE_HOME"] ?? (variables["HOME"] ?? "") + "/.cache"
    let path = "\(cache)/coffer-test-tools/bin/\(name)"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  private static let source = """
    import functions_framework

    @functions_framework.http
    def hello(request):
        return "Hello from inside a trustlet\\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
    """
}
