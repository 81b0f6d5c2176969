import CLinux
import Coffer
import Glibc
import Monitor
import SealedFiles
import SealedVolume
import TrustletImage
import WasmFormat

/// The host's file behind a sealed directory, which one run at a time may have.
struct VolumeFile {
  private let path: String
  private let descriptor: Int32
  private let blockLimit: UInt64
  private let isCounted: Bool
  /// Whether there was nothing in it, and whether it was not there at all.
  private let wasEmpty: Bool, isNew: Bool

  /// Nil where the manifest has no sealed directory.
  static func needed(by image: TrustletImage, at path: String?) throws -> VolumeFile? {
    switch (image.manifest.sealed, path) {
    case (nil, nil): return nil
    case (nil, _?): throw CommandFailure("--volume is for an image whose manifest has sealed storage, and this one has none: leave it out, or build the image with sealed: {key: shop/volumes/data}")
    case (let sealed?, nil): throw CommandFailure("the manifest has a sealed directory at \(quoted(sealed.path)): name the file in which it lies, with --volume FILE")
    case (let sealed?, let path?): return try VolumeFile(path, sealed)
    }
  }

  private init(_ path: String, _ sealed: Manifest.Sealed) throws {
    blockLimit = try VolumeLayout(blockCount: UInt64(SealedLayout(size: sealed.size.bytes).blockCount)).storeBlockCount
    let isNew = access(path, F_OK) != 0
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw CommandFailure("the volume \(quoted(path)) cannot be opened for writing: \(String(cString: strerror(errno)))") }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      Glibc.close(descriptor)
      throw CommandFailure("the volume \(quoted(path)) is no regular file: name one, or one that is not there yet")
    }
    // Opening a volume makes its file as long as it has to be: another file stays as it is.
    let size = blockLimit * UInt64(VolumeLayout.blockSize)
    guard status.st_size == 0 || UInt64(status.st_size) == size else {
      Glibc.close(descriptor)
      throw CommandFailure(
        "the volume \(quoted(path)): found \(status.st_size) bytes, expected \(size) as the manifest's sealed directory has them, or an empty file: this is another's, or it was cut; name the right one, or one that is not there yet")
    }
    // Two writers would destroy each other's data. The lock goes with the process.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno == EWOULDBLOCK ? "is in use by another run: wait for its end" : "cannot be locked: \(String(cString: strerror(errno)))"
      Glibc.close(descriptor)
      throw CommandFailure("the volume \(quoted(path)) \(reason)")
    }
    (self.path, self.descriptor, isCounted) = (path, descriptor, sealed.freshness == .counter)
    (wasEmpty, self.isNew) = (status.st_size == 0, isNew)
  }

  func volume(counter: BrokerSecrets?) -> HostVolume { HostVolume(descriptor: descriptor, blockLimit: blockLimit, counter: isCounted ? counter : nil) }

  /// Says what does not hold for it.
  func note(_ image: TrustletImage) {
    guard image.manifest.sealed?.freshness == Manifest.Sealed.Freshness.none else { return }
    Terminal.note("the sealed directory is not fresh (freshness: none): who has the file can show any of its earlier versions, or none, and nobody here would see it")
  }

  /// SEEK_DATA (lseek(2)), which Glibc's module keeps from Swift.
  private static let seekData: Int32 = 3

  /// A file into which nothing came, as where the start was refused, is again what it was.
  func close() {
    var status = stat()
    // ENXIO: there are no data at all. A file system that does not know says that there are some.
    if wasEmpty, fstat(descriptor, &status) == 0, status.st_size == 0 || lseek(descriptor, 0, Self.seekData) < 0 && errno == ENXIO {
      ftruncate(descriptor, 0)
      if isNew { unlink(path) }
    }
    Glibc.close(descriptor)
  }
}
