import Crypto
import TrustletImage

/// An image that passed every check, and how it will be called in the store.
public struct CheckedImage: Sendable {
  public let measurement: String
  /// What the image may do, as it is measured.
  public let manifest: Manifest
  public let purpose: Purpose
  let bytes: ImageBytes
  let file: String

  /// What a call of it is.
  public enum Purpose: Sendable, Hashable {
    /// A run of the program.
    case command
    /// A request to an HTTP component.
    case http
    /// A call of one of its exported functions.
    case exports
  }

  /// Measures the bytes; what they say of themselves has to agree.
  public init(_ bytes: [UInt8]) throws(StoreError) {
    do throws(ImageError) {
      let image = try TrustletImage.read(bytes: bytes)
      measurement = image.measurement.description
      manifest = image.manifest
      guard let purpose = Purpose(image) else { throw ImageError(.export, Self.nothingToCall(image)) }
      self.purpose = purpose
      self.bytes = image.encoded
    } catch {
      throw error.code == .fileSystem ? StoreError(.fileSystem, error.message) : StoreError(.image, error.message)
    }
    guard manifest.sealed == nil else {
      throw StoreError(.image, "the image has sealed storage, and a node has no volumes to give yet: run it by itself, with coffer run --volume FILE, or take sealed out of the manifest")
    }
    // The measurement covers what runs; the tables beside it (exports, names, lines) it does not, and nobody may choose them for another's image.
    file = "\(measurement)-\(Hexadecimal.text(bytes.withUnsafeBytes { SHA256.hash(data: $0) }.prefix(16))).trustlet"
  }
}

extension CheckedImage.Purpose {
  /// Nil for an image with nothing to call.
  init?(_ image: TrustletImage) {
    if image.answersHTTP {
      self = .http
    } else if image.isCommand {
      self = .command
    } else if image.callableCount > 0 {
      self = .exports
    } else {
      return nil
    }
  }
}

extension CheckedImage {
  private static func nothingToCall(_ image: TrustletImage) -> String {
    let names = image.exports.filter { $0.kind == .function }.prefix(10).map { "'\(printable($0.name))' \($0.type)" }
    return "the program has nothing that a node could call: found \(names.isEmpty ? "no exported function" : "only the exported functions " + names.joined(separator: ", ")); "
      + "wanted '_start' of type () -> () (a WASI command), of a component wasi:cli/run or wasi:http/incoming-handler, "
      + "or exported functions whose values can be written as text. Compile the program as a command, or export such functions"
  }

  private static func printable(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
  }
}
