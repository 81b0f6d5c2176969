import Glibc
import GRDB
import Synchronization
import TrustletImage

/// Images by what is in them. A file that has a name is whole.
final class ImageFolder: Sendable {
  let path: String
  /// Files that are about to be part of a revision, and by how many deployments.
  private let held = Mutex<[String: Int]>([:])

  init(path: String) { self.path = path }

  func path(of file: String) -> String { "\(path)/\(file)" }

  func exists(_ file: String, size: Int) -> Bool {
    var status = stat()
    return lstat(path(of: file), &status) == 0 && status.st_mode & S_IFMT == S_IFREG && Int(status.st_size) == size
  }

  /// Keeps the image at least for the time of `body`, in which a revision may come to need it.
  func holding<Result>(
    _ image: CheckedImage, isNeeded: (String) throws(StoreError) -> Bool, _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    held.withLock { $0[image.file, default: 0] += 1 }
    defer {
      held.withLock { held in
        let count = (held[image.file] ?? 1) - 1
        held[image.file] = count > 0 ? count : nil
      }
      try? remove([image.file], isNeeded: isNeeded)
    }
    if !exists(image.file, size: image.bytes.count) {
      try image.bytes.withUnsafeBytes { (buffer) throws(StoreError) in try FileSystem.write(buffer, to: path(of: image.file), in: path) }
    }
    return try body()
  }

  /// Removes those that no revision needs. One that cannot be asked about stays, until the next start.
  func remove(_ files: some Sequence<String>, isNeeded: (String) throws(StoreError) -> Bool) throws(StoreError) {
    for file in files {
      try held.withLock { (held) throws(StoreError) in
        // A deployment becomes a revision while it holds its image, so that one of the two is seen.
        guard held[file] == nil, try !isNeeded(file) else { return }
        unlink(path(of: file))
      }
    }
  }

  /// Removes all that is not in `kept`: what was uploaded and never deployed, and what was being written when the node ended.
  func sweep(keeping kept: Set<String>) throws(StoreError) {
    for name in try FileSystem.names(in: path) where !kept.contains(name) { FileSystem.remove("\(path)/\(name)") }
  }
}
