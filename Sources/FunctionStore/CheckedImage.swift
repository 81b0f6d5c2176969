import Crypto
import TrustletImage

/// An image that passed every check, and how it will be called in the store.
public struct CheckedImage: Sendable {
  public let measurement: String
  /// What the image may do, as it is measured.
  public let manifest: Manifest
  /// It is an HTTP component's.
  public let answersHTTP: Bool
  let bytes: ImageBytes
  let file: String

  /// Of a manifest that wants what functions do not have.
  public static let networkProblem =
    "the manifest has rules for the network, and functions of a node have none of their own: take network: out, or run the program with coffer run"

  /// Measures the bytes; what they say of themselves has to agree.
  public init(_ bytes: [UInt8]) throws(StoreError) {
    do {
      let image = try TrustletImage.read(bytes: bytes)
      measurement = image.measurement.description
      manifest = image.manifest
      answersHTTP = image.answersHTTP
      self.bytes = image.encoded
    } catch {
      throw error.code == .fileSystem ? StoreError(.fileSystem, error.message) : StoreError(.image, error.message)
    }
    guard manifest.network.isEmpty else { throw StoreError(.image, Self.networkProblem) }
    guard manifest.sealed == nil else {
      throw StoreError(.image, "the image has sealed storage, and a node has no volumes to give yet: run it by itself, with coffer run --volume FILE, or take sealed out of the manifest")
    }
    // The measurement covers what runs; the tables beside it (exports, names, lines) it does not, and nobody may choose them for another's image.
    file = "\(measurement)-\(Hexadecimal.text(bytes.withUnsafeBytes { SHA256.hash(data: $0) }.prefix(16))).trustlet"
  }
}
