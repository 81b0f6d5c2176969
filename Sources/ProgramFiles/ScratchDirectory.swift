import Foundation
import Glibc

/// A directory of a benchmark's that goes away again, also where that one is killed; without a shell at the latest with the next benchmark.
package struct ScratchDirectory: Sendable {
  package let path: String
  /// Open and locked as long as its owner lives.
  private let lock: Int32
  private let keeper: FolderKeeper?

  private static let prefix = "coffer-bench-"
  /// Younger ones may be about to be locked.
  private static let youngest = 60

  package init() throws {
    Self.removeAbandoned()
    path = NSTemporaryDirectory() + "\(Self.prefix)\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    _ = flock(lock, LOCK_EX | LOCK_NB)
    keeper = FolderKeeper(path)
  }

  /// - Returns: The path of the new file.
  package func add(_ name: String, _ bytes: some Sequence<UInt8>, executable: Bool = false) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    if executable { try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file) }
    return file
  }

  package func remove() {
    try? FileManager.default.removeItem(atPath: path)
    keeper?.end()
    close(lock)
  }

  /// Of this user, old enough, and locked by nobody: a killed benchmark's.
  private static func removeAbandoned() {
    let folder = NSTemporaryDirectory()
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(prefix) {
      let descriptor = open(folder + name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), time(nil) - status.st_mtim.tv_sec > youngest,
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
      else { continue }
      try? FileManager.default.removeItem(atPath: folder + name)
    }
  }
}
