import Foundation
import ProgramFiles

/// An OCI runtime that is installed, with a bundle of one static program.
struct ContainerPeer {
  let runtime: String
  private let bundle: String
  private let state: String
  static let runtimes = ["crun", "runc", "runsc"]

  /// Nil where it is not installed; a bundle that it cannot run shows with the first run.
  init?(_ runtime: String, program: String, in scratch: ScratchDirectory) {
    guard (try? Subprocess.output(of: [runtime, "--version"])) != nil else { return nil }
    self.runtime = runtime
    bundle = scratch.path + "/bundle-" + runtime
    state = scratch.path + "/state-" + runtime
    do {
      let root = bundle + "/rootfs"
      for directory in [root + "/proc", root + "/dev", root + "/sys", state] {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      }
      try FileManager.default.copyItem(atPath: program, toPath: root + "/hello")
      try Data(Self.configuration.utf8).write(to: URL(fileURLWithPath: bundle + "/config.json"))
    } catch {
      return nil
    }
  }

  /// The command line of one run; each needs a name of its own.
  func command(_ number: Int) -> [String] {
    [runtime, "--root", state, "run", "--bundle", bundle, "coffer-bench-\(number)"]
  }

  /// Without root only a user namespace lets anybody make the others.
  private static var configuration: String {
    let isRoot = getuid() == 0
    let namespaces = ["pid", "mount", "ipc", "uts"] + (isRoot ? ["network"] : ["user"])
    let mappings = isRoot
      ? ""
      : """
      "uidMappings": [{"containerID": 0, "hostID": \(getuid()), "size": 1}],
      "gidMappings": [{"containerID": 0, "hostID": \(getgid()), "size": 1}],
      """
    return """
      {"ociVersion": "1.0.2", "root": {"path": "rootfs", "readonly": true}, "hostname": "bench",
       "process": {"terminal": false, "user": {"uid": 0, "gid": 0}, "args": ["/hello"], "env": ["PATH=/"], "cwd": "/", "noNewPrivileges": true},
       "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
       "linux": {\(mappings) "namespaces": [\(namespaces.map { "{\"type\": \"\($0)\"}" }.joined(separator: ", "))]}}
      """
  }
}
