import EdgeCalls
import Glibc

/// A host that keeps to the edge's rules, over directories of the machine that runs the tests.
final class DirectoryHost: TestHost {
  private var handles: [UInt64: Int32] = [:]
  private var next: UInt64 = 100
  var input: [UInt8] = Array("typed input".utf8)
  private(set) var output: [UInt8] = []
  private(set) var exitStatus: UInt64?
  private(set) var limitsReached: UInt64?
  private(set) var callCount = 0
  private(set) var abortReason: String?

  /// Handles 1, 2, ... are the directories given.
  init(directories: [String]) {
    for (index, path) in directories.enumerated() {
      handles[UInt64(index + 1)] = Glibc.open(path, O_RDONLY | O_DIRECTORY)
    }
  }

  deinit { for descriptor in handles.values { close(descriptor) } }

  var openHandles: Int { handles.count }

  struct Failure: Error { let number: Int32 }

  private func check(_ result: Int32) throws(Failure) -> Int32 {
    guard result >= 0 else { throw Failure(number: errno) }
    return result
  }

  private func check(_ result: Int) throws(Failure) -> UInt64 {
    guard result >= 0 else { throw Failure(number: errno) }
    return UInt64(result)
  }

  func serve(_ window: TestWindow) {
    callCount += 1
    do throws(Failure) {
      try answer(window)
    } catch {
      window.answer(error: UInt32(error.number))
    }
  }

  private func descriptor(_ handle: UInt64) throws(Failure) -> Int32 {
    guard let descriptor = handles[handle] else { throw Failure(number: EBADF) }
    return descriptor
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private func answer(_ window: TestWindow) throws(Failure) {
    let request = window.request[...]
    let (a0, a1, a2, a3) = (window.argument(0), window.argument(1), window.argument(2), window.argument(3))
    switch window.call {
    case .exit:
      exitStatus = a0
      limitsReached = window.argument(1)
      window.answer()
    case .abort:
      abortReason = text(request)
      window.answer()
    case .readStream:
      let taken = Array(input.prefix(Int(a1)))
      input.removeFirst(taken.count)
      window.answer(payload: taken)
    case .writeStream:
      output += request
      window.answer(UInt64(request.count))
    case .streamKind: window.answer(UInt64(NodeKind.pipe.rawValue))
    case .wallClock: window.answer(1_700_000_000_000_000_000, 1)
    case .wait: window.answer(a1 & 1)
    case .open: try open(window, a0, a1, text(request))
    case .close:
      close(try descriptor(a0))
      handles[a0] = nil
      window.answer()
    case .readFile:
      var buffer = [UInt8](repeating: 0, count: Int(a2))
      let length = try check(pread(try descriptor(a0), &buffer, buffer.count, off_t(truncatingIfNeeded: a1)))
      window.answer(payload: Array(buffer[..<Int(length)]))
    case .writeFile:
      window.answer(
        try check(pwrite(try descriptor(a0), Array(request), request.count, off_t(truncatingIfNeeded: a1))))
    case .appendFile:
      let file = try descriptor(a0)
      let end = lseek(file, 0, SEEK_END)
      let written = try check(pwrite(file, Array(request), request.count, end))
      window.answer(written, UInt64(end) + written)
    case .attributes:
      var status = stat()
      _ = try check(fstat(try descriptor(a0), &status))
      window.answer(payload: attributes(status))
    case .attributesAt:
      let (parent, name) = try resolve(a0, text(request), follow: a1 == 1)
      defer { close(parent) }
      var status = stat()
      _ = try check(fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW))
      window.answer(payload: attributes(status))
    case .readDirectory: try readDirectory(window, a0, cookie: a1, wanted: Int(a2))
    case .createDirectory:
      try beneath(a0, text(request)) { mkdirat($0, $1, 0o777) }
      window.answer()
    case .removeDirectory:
      try beneath(a0, text(request)) { unlinkat($0, $1, AT_REMOVEDIR) }
      window.answer()
    case .unlink:
      try beneath(a0, text(request)) { unlinkat($0, $1, 0) }
      window.answer()
    case .rename, .link:
      let (source, old) = try resolve(a0, text(request.prefix(Int(a2))), follow: false, enter: false)
      defer { close(source) }
      let (target, new) = try resolve(a1, text(request.dropFirst(Int(a2))), follow: false, enter: false)
      defer { close(target) }
      let isLink = window.call == .link
      _ = try check(isLink ? linkat(source, old, target, new, 0) : renameat(source, old, target, new))
      window.answer()
    case .symlink:
      let target = text(request.prefix(Int(a1)))
      try beneath(a0, text(request.dropFirst(Int(a1)))) { symlinkat(target, $0, $1) }
      window.answer()
    case .readLink:
      let (parent, name) = try resolve(a0, text(request), follow: false)
      defer { close(parent) }
      window.answer(payload: Array(try readLink(parent, name).utf8))
    case .setSize:
      _ = try check(ftruncate(try descriptor(a0), off_t(truncatingIfNeeded: a1)))
      window.answer()
    case .setTimes:
      _ = try check(futimens(try descriptor(a0), times(a1, a2, a3)))
      window.answer()
    case .setTimesAt:
      let (parent, name) = try resolve(a0, text(request), follow: window.argument(4) == 1)
      defer { close(parent) }
      _ = try check(utimensat(parent, name, times(a1, a2, a3), AT_SYMLINK_NOFOLLOW))
      window.answer()
    case .synchronize:
      _ = try check(fsync(try descriptor(a0)))
      window.answer()
    default: throw Failure(number: ENOSYS)
    }
  }

  private func open(_ window: TestWindow, _ directory: UInt64, _ wanted: UInt64, _ path: String) throws(Failure) {
    let isExclusive = wanted & OpenFlags.create != 0 && wanted & OpenFlags.exclusive != 0
    let (parent, name) = try resolve(directory, path, follow: wanted & OpenFlags.follow != 0 && !isExclusive)
    defer { close(parent) }
    var flags = O_NOFOLLOW | O_CLOEXEC
    switch (wanted & OpenFlags.read != 0, wanted & OpenFlags.write != 0) {
    case (true, true): flags |= O_RDWR
    case (false, true): flags |= O_WRONLY
    default: flags |= O_RDONLY
    }
    if wanted & OpenFlags.create != 0 { flags |= O_CREAT }
    if wanted & OpenFlags.create != 0, wanted & OpenFlags.exclusive != 0 { flags |= O_EXCL }
    if wanted & OpenFlags.truncate != 0 { flags |= O_TRUNC }
    if wanted & OpenFlags.directory != 0 { flags |= O_DIRECTORY }
    let file = try check(openat(parent, name, flags, 0o666))
    var status = stat()
    fstat(file, &status)
    handles[next] = file
    window.answer(next, UInt64(kind(status.st_mode).rawValue))
    next += 1
  }

  private func beneath(
    _ directory: UInt64, _ path: String, _ body: (Int32, String) -> Int32
  ) throws(Failure) {
    let (parent, name) = try resolve(directory, path, follow: false, enter: false)
    defer { close(parent) }
    _ = try check(body(parent, name))
  }

  private func readLink(_ parent: Int32, _ name: String) throws(Failure) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = try check(readlinkat(parent, name, &buffer, buffer.count))
    return String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Walks to the last component, following links beneath the directory only.
  /// - Parameters:
  ///   - follow: follow a link at the end.
  ///   - enter: follow a link at the end if a slash is behind it.
  /// - Returns: a new descriptor of the parent, and the last component, with the slash if there was one.
  private func resolve(
    _ directory: UInt64, _ path: String, follow: Bool, enter: Bool = true
  ) throws(Failure) -> (Int32, String) {
    var stack = [try check(dup(try descriptor(directory)))]
    var keeps: Int32?
    defer { for descriptor in stack where descriptor != keeps { close(descriptor) } }
    func done(_ name: String) -> (Int32, String) {
      keeps = stack.last
      return (stack[stack.count - 1], name)
    }
    guard !path.hasPrefix("/") else { throw Failure(number: EPERM) }
    var rest = path.split(separator: "/").map(String.init)
    var slash = path.hasSuffix("/")
    var links = 0
    while !rest.isEmpty {
      let name = rest.removeFirst()
      let isLast = rest.isEmpty
      if name == "." || name == ".." {
        if name == ".." {
          guard stack.count > 1 else { throw Failure(number: EPERM) }
          if isLast, !follow, !enter { return done(name) }
          close(stack.removeLast())
        }
        if isLast { return done(".") }
        continue
      }
      if !isLast || follow || slash && enter {
        if let target = try? readLink(stack[stack.count - 1], name) {
          links += 1
          guard links <= 40 else { throw Failure(number: ELOOP) }
          guard !target.hasPrefix("/") else { throw Failure(number: EPERM) }
          slash = isLast && (slash || target.hasSuffix("/"))
          rest = target.split(separator: "/").map(String.init) + rest
          continue
        }
      }
      if isLast { return done(name + (slash ? "/" : "")) }
      stack.append(try check(openat(stack[stack.count - 1], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)))
    }
    return done(".")
  }

  private func kind(_ mode: mode_t) -> NodeKind {
    switch mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    case S_IFLNK: .symbolicLink
    case S_IFCHR: .characterDevice
    case S_IFBLK: .blockDevice
    case S_IFIFO: .pipe
    case S_IFSOCK: .socket
    default: .unknown
    }
  }

  private func attributes(_ status: stat) -> [UInt8] {
    func nanoseconds(_ time: timespec) -> UInt64 { UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec) }
    return [
      UInt64(status.st_dev), UInt64(status.st_ino), UInt64(kind(status.st_mode).rawValue), UInt64(status.st_nlink),
      UInt64(status.st_size), nanoseconds(status.st_atim), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
    ].flatMap { encode($0) }
  }

  private func times(_ flags: UInt64, _ access: UInt64, _ modification: UInt64) -> [timespec] {
    func time(_ isSet: Bool, _ isNow: Bool, _ value: UInt64) -> timespec {
      if isNow { return timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFF) }
      if !isSet { return timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE) }
      return timespec(tv_sec: Int(value / 1_000_000_000), tv_nsec: Int(value % 1_000_000_000))
    }
    return [
      time(flags & TimeFlags.access != 0, flags & TimeFlags.accessNow != 0, access),
      time(flags & TimeFlags.modification != 0, flags & TimeFlags.modificationNow != 0, modification),
    ]
  }

  private func readDirectory(
    _ window: TestWindow, _ directory: UInt64, cookie: UInt64, wanted: Int
  ) throws(Failure) {
    let copy = try check(openat(try descriptor(directory), ".", O_RDONLY | O_DIRECTORY))
    guard let stream = fdopendir(copy) else { throw Failure(number: errno) }
    defer { closedir(stream) }
    var records: [UInt8] = []
    var index: UInt64 = 0
    while let entry = readdir(stream) {
      index += 1
      if index <= cookie { continue }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      let kind: NodeKind =
        switch Int(entry.pointee.d_type) {
        case Int(DT_DIR): .directory
        case Int(DT_REG): .file
        case Int(DT_LNK): .symbolicLink
        default: .unknown
        }
      let record =
        encode(index) + encode(UInt64(entry.pointee.d_ino)) + encode([kind.rawValue, UInt32(name.count)]) + name
        + [UInt8](repeating: 0, count: (8 - name.count % 8) % 8)
      if records.count + record.count > wanted { break }
      records += record
    }
    window.answer(payload: records)
  }
}
