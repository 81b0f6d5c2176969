import CodeObjects
import Glibc
import TrustletImage

extension TrustletBuilder {
  /// As ``image(of:manifest:files:)``, but keeps the whole image beside the compiled objects, so that the next run of the same module
  /// starts without a compiler. A kept image that was altered does not pass its own checks and is built again.
  public func cachedImage(of bytes: [UInt8], manifest: Manifest = Manifest()) throws(BuildError) -> TrustletImage {
    guard let cache else { return try image(of: bytes, manifest: manifest) }
    let key = CacheKey([
      Array("trustlet image".utf8), bytes, manifest.canonicalEncoding, Array(architecture.rawValue.utf8),
      Array(optimization.rawValue.utf8), Array(toolchain.clangVersion.utf8), RunningProgram.identity,
    ])
    if let kept = cache.payload(for: key), let image = try? TrustletImage.read(bytes: kept) { return image }
    let image = try image(of: bytes, manifest: manifest)
    do {
      try cache.store(Array(image.encoded), for: key)
    } catch {
      warn("the image could not be kept for the next run: \(error)")
    }
    return image
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
