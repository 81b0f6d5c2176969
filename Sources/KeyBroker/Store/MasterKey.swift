import Crypto
import FoundationEssentials
import Glibc

/// The key under which everything lies that a broker keeps: 256 bits from a file that its owner alone can read, or from a descriptor.
public struct MasterKey: Sendable {
  public static let size = 32
  private let key: SymmetricKey

  public init() { key = SymmetricKey(size: .bits256) }

  /// - Parameter bytes: 32 of them; the caller's copy is the caller's to erase.
  public init(bytes: some ContiguousBytes) throws(BrokerError) {
    let key = SymmetricKey(data: bytes)
    guard key.bitCount == Self.size * 8 else {
      throw BrokerError(.invalid, "a master key of \(key.bitCount / 8) bytes; expected \(Self.size)")
    }
    self.key = key
  }

  /// A key of its own for each purpose (HKDF, RFC 5869).
  func derived(_ purpose: String) -> SymmetricKey {
    HKDF<SHA384>.deriveKey(inputKeyMaterial: key, info: Array("coffer-broker \(purpose)".utf8), outputByteCount: Self.size)
  }

  /// The key of a file, which is made where there is none: for a broker's first start alone, since what was written under one key no other opens.
  /// - Parameter directory: the broker's data.
  /// - Returns: and whether it was made.
  public static func file(_ path: String, for directory: String) throws(BrokerError) -> (key: MasterKey, isNew: Bool) {
    if let key = try kept(path) { return (key, false) }
    guard !BrokerStore.isKept(in: directory) else {
      throw BrokerError(
        .fileSystem, "there is no master key in \(path), and \(directory) was written under one: name its file with --key, or bring its copy back; no other opens what is there")
    }
    return (try make(path), true)
  }

  /// The key of a file that has to be there.
  public static func existingFile(_ path: String) throws(BrokerError) -> MasterKey {
    guard let key = try kept(path) else {
      throw BrokerError(.fileSystem, "there is no master key in \(path); name the file that the broker was served with, by its --key, or master-key in its data directory")
    }
    return key
  }

  private static func kept(_ path: String) throws(BrokerError) -> MasterKey? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw failure("cannot open", path) }
      return nil
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw BrokerError(
        .fileSystem,
        "\(path) must be a file that you own and nobody else can read: found mode \(String(status.st_mode & 0o7777, radix: 8)) of user \(status.st_uid); chmod 600 it")
    }
    return try read(descriptor, path)
  }

  /// The key that a descriptor gives, which a service manager has opened; it is closed then.
  public static func descriptor(_ descriptor: Int32) throws(BrokerError) -> MasterKey {
    defer { close(descriptor) }
    return try read(descriptor, "descriptor \(descriptor)")
  }

  private static func read(_ descriptor: Int32, _ name: String) throws(BrokerError) -> MasterKey {
    // One more, to see that there is no more.
    var bytes = [UInt8](repeating: 0, count: size + 1)
    defer { erase(&bytes) }
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot read", name) }
      if count == 0 { break }
      filled += count
    }
    guard filled == size else {
      throw BrokerError(.invalid, "\(name) holds \(filled > size ? "more than \(size)" : "\(filled)") bytes; a master key has \(size), such as head -c \(size) /dev/urandom gives")
    }
    bytes.removeLast()
    return try MasterKey(bytes: bytes)
  }

  private static func make(_ path: String) throws(BrokerError) -> MasterKey {
    let made = MasterKey()
    var bytes = made.key.withUnsafeBytes { Array($0) }
    defer { erase(&bytes) }
    // Two first starts at once: whoever comes second would write everything under a key that lies nowhere.
    try SmallFiles.write(bytes, to: path, replaces: false)
    return made
  }

  private static func failure(_ what: String, _ path: String) -> BrokerError { SmallFiles.failure(what, path) }
}

/// Overwrites a secret that is no longer needed, in a way that the compiler does not leave out.
func erase(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { buffer in
    if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
  }
}
