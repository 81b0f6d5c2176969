import Foundation

/// The directory tree that Wasmtime/record.py makes as well.
final class TemporaryTree {
  let root: String

  init() throws {
    let manager = FileManager.default
    root = manager.temporaryDirectory.appendingPathComponent("coffer-libos-\(UUID().uuidString)").path
    for directory in ["rw/empty", "rw/dir/deep", "ro/sub"] {
      try manager.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
    }
    for (path, text) in [
      ("rw/hello.txt", "hello world\n"), ("rw/dir/inner.txt", "inner"), ("rw/dir/deep/deepest.txt", "deepest"),
      ("ro/fixed.txt", "fixed"), ("ro/sub/file.txt", "file"), ("outside.txt", "outside"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/\(path)"))
    }
    for (path, target) in [
      ("link", "hello.txt"), ("dirlink", "dir"), ("escape", "../outside.txt"), ("absolute", "/etc/passwd"),
      ("dangling", "nowhere"), ("loop", "loop"),
    ] {
      try manager.createSymbolicLink(atPath: "\(root)/rw/\(path)", withDestinationPath: target)
    }
    for path in ["rw/hello.txt", "rw/dir/inner.txt", "ro/fixed.txt"] {
      let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 2, tv_nsec: 0)]
      guard utimensat(AT_FDCWD, "\(root)/\(path)", times, 0) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }
}
