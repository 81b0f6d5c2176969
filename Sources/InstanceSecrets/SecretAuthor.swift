#if canImport(LibOS)
  import EdgeCalls
  import GuestCrypto
  import LibOS
#endif

/// The broker whose word the manifest takes for its secrets: by its key, as one of its tenants, each secret under one name.
///
/// Measured with the image: a host that had one of its own would have another image.
struct SecretAuthor {
  private let key: P256.PublicKey
  private let tenant: [UInt8]
  /// In the order of the manifest's secrets.
  private let resources: [[UInt8]]

  /// Nil where the manifest names nobody: whoever carries the messages can then write them.
  init?(of settings: ProgramSettings) throws(SecretFailure) {
    guard !settings.author.isEmpty else { return nil }
    var reader = ByteReader(settings.author)
    guard let point = reader.take(UInt32(2 * P256.coordinateSize)), let tenant = reader.string() else { throw .malformedAuthor }
    var resources: [[UInt8]] = []
    for _ in settings.secrets {
      guard let resource = reader.string() else { throw .malformedAuthor }
      resources.append(resource)
    }
    guard reader.isAtEnd else { throw .malformedAuthor }
    do throws(CryptographyError) {
      key = try ([4] + point).withRawBytes { (bytes) throws(CryptographyError) in try P256.PublicKey(encoded: bytes) }
    } catch {
      throw .malformedAuthor
    }
    (self.tenant, self.resources) = (tenant, resources)
  }

  /// - Parameter index: which of the manifest's secrets the message is to be.
  func hasSigned(_ message: JWE, for recipient: P256.PublicKey, secret index: Int) -> Bool {
    index < resources.count && message.isSigned(by: key, for: recipient, tenant: tenant, resource: resources[index])
  }

  /// What stands before a volume's key (``VolumeRelease``): by what this instance and the author speak of the volume's counter, and what it had.
  /// - Parameter message: signed by the author.
  func release(_ message: JWE, to key: borrowing P256.PrivateKey, secret index: Int) throws(SecretFailure) -> [UInt8] {
    do throws(CryptographyError) {
      return VolumeRelease.prefix(try CounterKey.bytes(agreed: key.sharedSecret(with: self.key), tenant: tenant, resource: resources[index]), message.counter)
    } catch {
      throw .malformedAuthor
    }
  }
}
