import CodeObjects
import GuestObjects
import TrustletImage
import WasmCompiler

extension TrustletBuilder {
  /// As ``image(of:manifest:files:)``, but keeps the whole image beside the compiled objects, so that the next run of the same module
  /// starts without a compiler. A kept image that was altered does not pass its own checks and is built again.
  public func cachedImage(of bytes: [UInt8], manifest: Manifest = Manifest()) throws(BuildError) -> TrustletImage {
    guard let cache else { return try image(of: bytes, manifest: manifest) }
    let key = CacheKey([
      Array("trustlet image".utf8), bytes, manifest.canonicalEncoding, Array(architecture.rawValue.utf8),
      Array(optimization.rawValue.utf8), Array(LLVMGenerator(target: architecture.target).name.utf8),
      Array(toolchain.clangVersion.utf8), GuestObjects.digestInput(architecture.rawValue),
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
