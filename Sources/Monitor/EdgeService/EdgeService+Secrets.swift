import EdgeCalls

/// Fetches the secrets of an image's manifest for an instance of it.
public protocol SecretSource: Sendable {
  /// Called on the thread that serves the instance, which waits meanwhile.
  /// - Parameter instanceKey: x and y of a public key on P-256, 32 bytes each, by the word of the image's library OS.
  /// - Returns: each secret of the manifest, in its order, encrypted to the key: nothing that this process could read.
  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]]
}

extension EdgeService {
  func secrets(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    guard let source = configuration.secrets else { throw .notSupported }
    guard call.payloadLength == 64 else { throw .invalid }
    // Each costs evidence and a broker's time; an instance needs one.
    guard secretsWereFetched < 4 else { throw .permission }
    secretsWereFetched += 1
    // Why there are none is the source's to tell, and not to the guest.
    guard let sealed = try? source.sealedSecrets(for: call.window.copyPayload(0..<64)) else { throw .permission }
    var payload: [UInt8] = []
    for secret in sealed {
      payload.appendLittleEndian(UInt32(secret.count))
      payload += secret
    }
    guard call.window.writePayload(payload) else { throw .noSpace }
    return EdgeAnswer(payloadLength: payload.count)
  }
}
