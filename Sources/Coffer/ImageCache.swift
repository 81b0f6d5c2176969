import CodeObjects
import Glibc
import TrustletImage

extension TrustletBuilder {
  /// As ``image(of:manifest:files:)``, but keeps the whole image beside the compiled objects, so that the next run of the same module
  /// starts without a compiler.
  public func cachedImage(of bytes: [UInt8], manifest: Manifest = Manifest()) throws(BuildError) -> TrustletImage {
    if let kept = keptImage(of: bytes, manifest: manifest) { return kept }
    let image = try image(of: bytes, manifest: manifest)
    guard let cache else { return image }
    do {
      try cache.store(Array(image.encoded), for: key(of: bytes, manifest))
    } catch {
      warn("the image could not be kept for the next run: \(error)")
    }
    return image
  }

  /// What ``cachedImage(of:manifest:)`` has kept of a module, which is not looked into. A kept image that was altered does not pass its own
  /// checks and is nil.
  public func keptImage(of bytes: [UInt8], manifest: Manifest = Manifest()) -> TrustletImage? {
    guard let kept = cache?.payload(for: key(of: bytes, manifest)) else { return nil }
    return try? TrustletImage.read(bytes: kept)
  }

  private func key(of bytes: [UInt8], _ manifest: Manifest) -> CacheKey {
    CacheKey([
      Array("trustlet image".utf8), bytes, manifest.canonicalEncoding, Array(architecture.rawValue.utf8),
      Array(optimization.rawValue.utf8), Array(toolchain.clangVersion.utf8), RunningProgram.identity,
    ])
  }
}

/// The program that is running, which decides by its own code and the library OS inside it what an image looks like.
private enum RunningProgram {
  /// Changes whenever the program is built again.
  static var identity: [UInt8] {
    var status = stat()
    guard stat("/proc/self/exe", &status) == 0 else { return Array("unknown program \(getpid())".utf8) }
    return Array(
      "\(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)".utf8)
  }
}
