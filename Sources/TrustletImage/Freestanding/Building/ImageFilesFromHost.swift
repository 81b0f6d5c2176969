import Glibc

extension ImageFiles {
  /// The files that a manifest names, from the host. `directory` is where the manifest's file lies.
  public init(manifest: Manifest, relativeTo directory: String) throws(ImageError) {
    self.init()
    for (guestPath, hostPath) in manifest.files.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard !hostPath.hasPrefix("/") else {
        throw ImageError(
          .files, "files: '\(hostPath)' is an absolute path; name it relative to the manifest, so that others can build it")
      }
      try add(hostPath: directory.isEmpty ? hostPath : "\(directory)/\(hostPath)", at: guestPath)
    }
  }

  /// Adds a host's file, or a directory with all that is in it. A symbolic link within is followed if what it leads to lies in
  /// that directory too, and refused otherwise.
  public mutating func add(hostPath: String, at guestPath: String) throws(ImageError) {
    var copy = HostCopy(root: try resolved(hostPath))
    try copy.add(copy.root, at: guestPath, to: &self)
  }
}

private func resolved(_ path: String) throws(ImageError) -> String {
  guard let buffer = realpath(path, nil) else { throw hostFailure("cannot find", path) }
  defer { free(buffer) }
  return String(cString: buffer)
}

private func hostFailure(_ what: String, _ path: String) -> ImageError {
  ImageError(.fileSystem, "files: \(what) '\(path)': \(String(cString: strerror(errno)))")
}

private struct HostCopy {
  let root: String
  /// The directories that the walk is in, resolved: a link to one of them would lead round in a circle.
  private var open: [String] = []

  private static let depthLimit = 64

  init(root: String) { self.root = root }

  /// `path` is resolved.
  mutating func add(_ path: String, at guestPath: String, to files: inout ImageFiles) throws(ImageError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw hostFailure("cannot examine", path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: try files.addFile(guestPath, contents: try contents(path))
    case S_IFDIR: try addDirectory(path, at: guestPath, to: &files)
    default: throw ImageError(.files, "files: '\(path)' is neither file nor directory")
    }
  }

  private mutating func addDirectory(
    _ path: String, at guestPath: String, to files: inout ImageFiles
  ) throws(ImageError) {
    guard !open.contains(path) else { throw ImageError(.files, "files: a symbolic link leads back to '\(path)', which it lies in") }
    guard open.count < Self.depthLimit else {
      throw ImageError(.limit, "files: '\(path)' is more than \(Self.depthLimit) directories deep")
    }
    try files.addDirectory(guestPath)
    open.append(path)
    for name in try names(path) {
      let child = try resolved("\(path)/\(name)")
      let prefix = root == "/" ? root : root + "/"
      guard child == root || child.hasPrefix(prefix) else {
        throw ImageError(.files, "files: the symbolic link '\(path)/\(name)' leads out of '\(root)'; copy what it leads to instead")
      }
      try add(child, at: guestPath.hasSuffix("/") ? guestPath + name : "\(guestPath)/\(name)", to: &files)
    }
    open.removeLast()
  }

  /// Sorted by their bytes.
  private func names(_ path: String) throws(ImageError) -> [String] {
    guard let directory = opendir(path) else { throw hostFailure("cannot list", path) }
    defer { closedir(directory) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name else { throw ImageError(.files, "files: a name in '\(path)' is not UTF-8") }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw hostFailure("cannot list", path) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func contents(_ path: String) throws(ImageError) -> [UInt8] {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw hostFailure("cannot open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw hostFailure("cannot examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Int(ImageFormat.fileSizeLimit) else {
      throw ImageError(.limit, "files: '\(path)' is too large for an image")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).baseAddress, buffer.count - filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw hostFailure("cannot read", path) }
      filled += count
    }
    return bytes
  }
}
