#if canImport(LibOS)
  import EdgeCalls
  import GuestCrypto
  import LibOS
#endif

/// How an instance gets the secrets of its manifest: encrypted to a key that is made in it, used once and erased.
extension LibraryOS {
  /// Makes a key, has the host fetch what the manifest wants for it, and gives the program what comes. Nothing where there is nothing to fetch.
  ///
  /// A clone does this for itself: its template has no secret and never had the key.
  public func takeSecrets() throws(SecretFailure) {
    guard awaitsSecrets else { return }
    guard !isOwnPlaceTaken else { throw .directoryInTheWay }
    let author = try SecretAuthor(of: settings)
    let key = try makeKey()
    let recipient = key.publicKey()
    let sealed = try fetch(for: recipient)
    for (index, message) in sealed.enumerated() {
      let name = settings.secrets[index]
      let message = try read(message, for: recipient, written: author, index)
      if name.first == GuestManifest.volumeKeyMark {
        var release = try author?.release(message, to: key, secret: index) ?? [0]
        defer { SecretBytes.wipe(&release) }
        keep(try open(message, with: key), behind: release)
      } else {
        try deliver(try open(message, with: key), as: name)
      }
    }
    awaitsSecrets = false
  }

  private func read(_ message: [UInt8], for recipient: P256.PublicKey, written author: SecretAuthor?, _ index: Int) throws(SecretFailure) -> JWE {
    let sealed: JWE
    do throws(JWEError) {
      sealed = try JWE(message)
    } catch {
      throw .malformedMessage
    }
    // Before it is opened: what somebody else wrote is not even decrypted.
    if let author, !author.hasSigned(sealed, for: recipient, secret: index) { throw .notTheAuthors }
    return sealed
  }

  private func open(_ sealed: JWE, with key: borrowing P256.PrivateKey) throws(SecretFailure) -> SecretBytes {
    do throws(JWEError) {
      return try sealed.open(with: key)
    } catch {
      throw .notForThisInstance
    }
  }

  private func deliver(_ secret: consuming SecretBytes, as name: [UInt8]) throws(SecretFailure) {
    do throws(SystemError) {
      try secret.withMutableBytes { (bytes) throws(SystemError) in
        // An empty secret has an address too.
        guard let base = bytes.baseAddress else { throw .fault }
        let secret = MemoryRegion(base: base, count: UInt64(bytes.count))
        try deliver(secret, as: name)
      }
    } catch {
      throw error == .invalid ? .noText : .noRoom
    }
  }

  /// The key of the volume has no name for the program: whoever opens the sealed directory takes it from there.
  private func keep(_ secret: consuming SecretBytes, behind release: [UInt8]) {
    // In one piece from the start: an array that grows leaves copies behind.
    var bytes = [UInt8](repeating: 0, count: release.count + secret.count)
    bytes.withMutableRawBytes { bytes in
      release.withRawBytes { bytes.copyMemory(from: $0) }
      secret.withBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[release.count...]).copyMemory(from: $0) }
    }
    volumeKey = bytes
  }

  private func makeKey() throws(SecretFailure) -> P256.PrivateKey {
    do throws(SystemError) {
      return try P256.PrivateKey { (bytes) throws(SystemError) in
        guard let base = bytes.baseAddress else { throw .fault }
        try random.fill(MemoryRegion(base: base, count: UInt64(bytes.count)))
      }
    } catch {
      throw .noEntropy
    }
  }

  /// - Returns: as many messages as there are names; each from the host, unread.
  private func fetch(for key: P256.PublicKey) throws(SecretFailure) -> [[UInt8]] {
    let answer: [UInt8]
    do throws(SystemError) {
      try edge.payload.copy(from: key.x + key.y)
      let length = try edge.call(.secrets, length: UInt64(2 * P256.coordinateSize)).length
      // The host can write the window at any time: what is read from here on is a copy.
      answer = try edge.payload.bytes(0, length)
    } catch {
      switch error.number {
      case EdgeError.notSupported: throw .noBroker
      case EdgeError.noSpace: throw .tooMuch
      default: throw .refused
      }
    }
    return try messages(in: answer)
  }

  private func messages(in answer: [UInt8]) throws(SecretFailure) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var rest = answer[...]
    for _ in settings.secrets {
      guard rest.count >= 4 else { throw .malformedAnswer }
      let length = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      rest = rest.dropFirst(4)
      guard UInt64(length) <= UInt64(rest.count) else { throw .malformedAnswer }
      messages.append([UInt8](rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    guard rest.isEmpty else { throw .malformedAnswer }
    return messages
  }
}
