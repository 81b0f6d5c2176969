import EdgeCalls

extension Manifest {
  /// A directory that lies, encrypted and authenticated, in a file of the host's, and that is there again in the next run.
  public struct Sealed: Codable, Sendable, Hashable {
    /// Who sees to it that the host shows the newest version.
    public enum Freshness: String, Codable, Sendable, Hashable, CaseIterable {
      /// The broker that has the key, and that the manifest names, counts the volume's versions: the host cannot show an old one.
      case counter
      /// Nobody does: the host can show any committed state of the past, or an empty volume.
      case none
    }

    /// Where the program finds it.
    public var path: String
    /// How much it holds; with scratch space at most 1 GiB. A volume keeps the size with which it was made.
    public var size: ByteCount
    /// The broker's resource that is its key, 32 random bytes, as `repository/type/tag`. The program does not see it.
    public var key: String
    /// Default: `counter`.
    public var freshness = Freshness.counter

    public static let defaultPath = "/data"
    public static let defaultSize = ByteCount.mebibytes(64)

    public init(path: String = defaultPath, size: ByteCount = defaultSize, key: String, freshness: Freshness = .counter) {
      (self.path, self.size, self.key, self.freshness) = (path, size, key, freshness)
    }

    /// What people are told of it.
    public var description: String {
      let promise = freshness == .counter ? "the last version, as the broker's counter says" : "any version that the host shows"
      return "\(size) at '\(path)', key \(key), \(promise)"
    }

    /// The name under which the library OS gets its key, as ``EdgeCalls/GuestManifest/volumeKeyMark`` says.
    var guestName: [UInt8] {
      var writer = ByteWriter()
      writer.uint64(size.bytes)
      return [GuestManifest.volumeKeyMark] + writer.bytes + [freshness == .counter ? 1 : 0] + Array(path.utf8)
    }

    init(_ members: [(name: String, value: CanonicalJSON)]) throws(ImageError) {
      self.init(key: "")
      for (name, value) in members {
        switch (name, value) {
        case ("path", .string(let text)): path = text
        case ("size", .number(let bytes)): size = ByteCount(bytes: bytes)
        case ("key", .string(let text)): key = text
        case ("freshness", .string(let text)):
          guard let value = Freshness(rawValue: text) else { throw ImageError(.manifest, "manifest: freshness '\(text)' of sealed") }
          freshness = value
        default: throw ImageError(.manifest, "manifest: '\(name)' of sealed is unknown or of the wrong type")
        }
      }
    }

    var encoded: CanonicalJSON {
      .object([
        ("path", .string(path)), ("size", .number(size.bytes)), ("key", .string(key)), ("freshness", .string(freshness.rawValue)),
      ])
    }
  }

  func checkSealed() throws(ImageError) {
    guard let sealed else { return }
    let limit = ByteCount(bytes: Self.scratchLimit.bytes - (scratch?.size.bytes ?? 0))
    guard sealed.size.bytes >= MemoryMap.pageSize, sealed.size <= limit else {
      throw ImageError(.manifest, "sealed: \(sealed.size) is not between \(ByteCount(bytes: MemoryMap.pageSize)) and \(limit), which scratch space leaves of \(Self.scratchLimit)")
    }
    guard !sealed.path.isEmpty, !sealed.path.utf8.contains(0) else {
      throw ImageError(.manifest, "sealed: the path '\(sealed.path)' is empty or holds a NUL byte")
    }
    guard sealed.path != scratch?.path else { throw ImageError(.manifest, "sealed: scratch space lies at '\(sealed.path)' too: give one of them another path") }
    guard Self.isResource(sealed.key) else {
      throw ImageError(.manifest, "sealed: the key '\(sealed.key)' is no resource; write it as repository/type/tag, as secrets are")
    }
    // Whoever carries messages could otherwise be the broker, and count as he likes.
    guard sealed.freshness == .none || broker != nil else {
      throw ImageError(
        .manifest, "sealed: a broker counts the versions, and the manifest does not name it; add the line 'broker: {key: ...}' that coffer broker serve prints, or say freshness: none")
    }
  }
}
