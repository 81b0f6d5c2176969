import BenchmarkKernels
import Glibc

/// Debian's crun, where it is installed and may make containers: a bundle with one static program, which does next to nothing.
struct CrunPeer {
  let command: [String]

  /// Nil where crun is missing or cannot run the bundle.
  init?(in directory: ScratchDirectory) throws {
    let bundle = directory.path + "/bundle"
    guard mkdir(bundle, 0o700) == 0, mkdir(bundle + "/rootfs", 0o755) == 0, let kernel = BenchmarkKernels.all.first else { return nil }
    _ = try directory.add("bundle/rootfs/program", BenchmarkKernels.native, executable: true)
    _ = try directory.add("bundle/config.json", Array(Self.configuration(["/program", kernel.name, "1", "1"]).utf8))
    command = ["crun", "--root", directory.path + "/crun", "run", "--bundle", bundle, "coffer-bench-\(getpid())"]
    guard (try? Subprocess.output(of: command)) != nil else { return nil }
  }

  private static func configuration(_ arguments: [String]) -> String {
    JSON.object([
      ("ociVersion", .string("1.0.0")),
      (
        "process",
        .object([
          ("terminal", .boolean(false)), ("cwd", .string("/")), ("args", .array(arguments.map { .string($0) })),
          ("user", .object([("uid", .number(0)), ("gid", .number(0))])),
        ])
      ),
      ("root", .object([("path", .string("rootfs")), ("readonly", .boolean(true))])),
      (
        "linux",
        .object([("namespaces", .array(["pid", "ipc", "uts", "mount"].map { .object([("type", .string($0))]) }))])
      ),
    ]).description
  }
}
