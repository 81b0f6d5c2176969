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
    let key = try makeKey()
    let sealed = try fetch(for: key)
    for (name, message) in zip(settings.secrets, sealed) {
      try deliver(try open(message, with: key), as: name)
    }
    awaitsSecrets = false
  }

  private func open(_ message: [UInt8], with key: borrowing P256.PrivateKey) throws(SecretFailure) -> SecretBytes {
    do throws(JWEError) {
      return try JWE(message).open(with: key)
    } catch {
      throw error == .notAuthentic ? .notForThisInstance : .malformedMessage
    }
  }

  private func deliver(_ secret: consuming SecretBytes, as name: [UInt8]) throws(SecretFailure) {
    do throws(SystemError) {
      try secret.withMutableBytes { (bytes) throws(SystemError) in
        // An empty secret has an address too.
        guard let base = bytes.baseAddress else { throw .fault }
        try deliver(MemoryRegion(base: base, count: UInt64(bytes.count)), as: name)
      }
    } catch {
      throw error == .invalid ? .noText : .noRoom
    }
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
  private func fetch(for key: borrowing P256.PrivateKey) throws(SecretFailure) -> [[UInt8]] {
    let point = key.publicKey()
    let answer: [UInt8]
    do throws(SystemError) {
      try edge.payload.copy(from: point.x + point.y)
      let length = try edge.call(.secrets, length: UInt64(2 * P256.coordinateSize)).length
      // The host can write the window at any time: what is read from here on is a copy.
      answer = try edge.payload.bytes(0, length)
    } catch {
      throw error.number == EdgeError.notSupported ? .noBroker : .refused
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

/// Why a program does not begin that needs secrets.
public enum SecretFailure: Error {
  case noEntropy
  case noBroker
  case refused
  case malformedAnswer
  case malformedMessage
  case notForThisInstance
  case noText
  case noRoom

  /// For people; nothing in it tells of a secret.
  public var reason: StaticString {
    switch self {
    case .noEntropy: "the processor gives no randomness for the key to which secrets are encrypted"
    case .noBroker: "the manifest has secrets, and this host has no broker to fetch them from: name one"
    case .refused: "the secrets of the manifest did not come: the host or its broker refused them"
    case .malformedAnswer: "the host's answer is not a message for each secret of the manifest"
    case .malformedMessage: "what came for a secret is no encrypted message as brokers send it"
    case .notForThisInstance: "what came for a secret was encrypted for another instance, or changed on the way"
    case .noText: "a secret that is to be a variable has a NUL byte: make it a file in the scratch space"
    case .noRoom: "a secret does not fit into the scratch space: raise the manifest's scratch size"
    }
  }
}
