import Glibc

/// Why the cache could not take an entry. Compiling goes on without it.
public struct CacheError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ directory: String, _ error: SystemError) {
    description = "object-cache: \(directory): \(error.description)"
  }

  init(_ directory: String, refused reason: String) {
    description = "object-cache: \(directory): \(reason)"
  }
}

/// Object files by what they were made from, in a directory of the user's own.
///
/// Several processes may share it: entries appear whole, by renaming, and are checked when read. No entry is forced to
/// the disk with fsync, since one that a crash has cut short is noticed and made again.
public struct ObjectCache: Sendable {
  public let directory: String
  /// Bytes; the entries used longest ago go first.
  public let limit: UInt64

  public static let standardLimit: UInt64 = 2 << 30

  public init(directory: String, limit: UInt64 = ObjectCache.standardLimit) {
    self.directory = directory
    self.limit = limit
  }

  /// `COFFER_CACHE`, else `XDG_CACHE_HOME/coffer`, else `HOME/.cache/coffer`; nil where none is an absolute path, or
  /// where `COFFER_CACHE` is empty, which switches the cache off.
  public static func standard(environment: [String: String]) -> ObjectCache? {
    if let chosen = environment["COFFER_CACHE"] {
      return chosen.hasPrefix("/") ? ObjectCache(directory: chosen) : nil
    }
    if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
      return ObjectCache(directory: base + "/coffer")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return ObjectCache(directory: home + "/.cache/coffer")
  }

  /// The payload stored under a key; nil where there is none, or none that is whole and unaltered. A hit counts as a use.
  public func payload(for key: CacheKey) -> [UInt8]? {
    guard isOwnedByUserAlone() else { return nil }
    let path = path(of: key)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let entry = try? readAll(from: descriptor, limit: Self.largestEntry)
    guard let entry, let payload = CacheEntry.decode(entry, key: key) else {
      unlink(path)
      return nil
    }
    futimens(descriptor, nil)
    return payload
  }

  /// Stores a payload, or throws and leaves nothing behind.
  public func store(_ payload: [UInt8], for key: CacheKey) throws(CacheError) {
    guard payload.count <= Self.largestEntry - CacheEntry.overhead else { return }
    try prepareDirectory()
    let temporary = "\(directory)/\(Self.temporaryPrefix)\(getpid())-\(key.hexadecimal)"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw CacheError(directory, SystemError("open")) }
    do throws(SystemError) {
      defer { close(descriptor) }
      try writeAll(CacheEntry.encode(payload, key: key), to: descriptor)
      guard rename(temporary, path(of: key)) == 0 else { throw SystemError("rename") }
    } catch {
      unlink(temporary)
      throw CacheError(directory, error)
    }
  }

  /// Brings the cache below its limit and clears what killed processes left half written.
  package func evict() {
    guard let entries = contents() else { return }
    var total: UInt64 = 0
    var kept: [Content] = []
    let now = time(nil)
    for entry in entries {
      if entry.name.hasPrefix(Self.temporaryPrefix) {
        if now - entry.used.tv_sec > Self.abandonedSeconds { unlink("\(directory)/\(entry.name)") }
        continue
      }
      total += entry.size
      kept.append(entry)
    }
    guard total > limit else { return }
    kept.sort { ($0.used.tv_sec, $0.used.tv_nsec) < ($1.used.tv_sec, $1.used.tv_nsec) }
    // To nine tenths, so that the next entry does not set off the next scan's removals.
    let goal = limit / 10 * 9
    for entry in kept where total > goal {
      if unlink("\(directory)/\(entry.name)") == 0 { total -= entry.size }
    }
  }

  private static let temporaryPrefix = "partial-"
  private static let entrySuffix = ".object"
  private static let abandonedSeconds = 3600
  private static let largestEntry = 1 << 30

  private struct Content {
    let name: String
    let size: UInt64
    let used: timespec
  }

  private func path(of key: CacheKey) -> String { "\(directory)/\(key.hexadecimal)\(Self.entrySuffix)" }

  private func contents() -> [Content]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var contents: [Content] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasSuffix(Self.entrySuffix) || name.hasPrefix(Self.temporaryPrefix) else { continue }
      var status = stat()
      guard fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      contents.append(Content(name: name, size: UInt64(max(0, status.st_size)), used: status.st_mtim))
    }
    return contents
  }

  private func prepareDirectory() throws(CacheError) {
    if isOwnedByUserAlone() { return }
    var status = stat()
    if stat(directory, &status) == 0 {
      throw CacheError(
        directory,
        refused: "expected a directory of uid \(geteuid()) that no one else can write to, found uid \(status.st_uid) "
          + "and mode \(String(status.st_mode & 0o7777, radix: 8)). Choose another with COFFER_CACHE.")
    }
    var path = ""
    for component in directory.split(separator: "/") {
      path += "/" + component
      if mkdir(path, 0o700) != 0, errno != EEXIST { throw CacheError(directory, SystemError("mkdir")) }
    }
  }

  /// Someone else who can write here could hand us code of theirs.
  private func isOwnedByUserAlone() -> Bool {
    var status = stat()
    return stat(directory, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
      && status.st_mode & 0o022 == 0
  }
}
