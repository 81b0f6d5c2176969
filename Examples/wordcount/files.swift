import WASI

/// A directory that the host opened for us before we started.
struct Directory {
  let descriptor: Int32
  /// Relative: empty for the root or the current directory.
  let name: [UInt8]

  /// They follow the standard streams, one after the other, until the host says there is no such descriptor.
  static func all() -> [Directory] {
    var found: [Directory] = []
    var prestat = wasi_prestat()
    for descriptor in Int32(3)... {
      guard wasi_fd_prestat_get(descriptor, &prestat) == 0 else { break }
      var name = [UInt8](repeating: 0, count: Int(prestat.name_length))
      let error = name.withUnsafeMutableBytes { buffer in
        wasi_fd_prestat_dir_name(descriptor, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
      }
      guard error == 0 else { break }
      found.append(Directory(descriptor: descriptor, name: relative(name)))
    }
    return found
  }

  /// What is left of the path inside this directory, or nil when the path is not in it.
  func remainder(of path: [UInt8]) -> [UInt8]? {
    if name.isEmpty { return path }
    guard path.count > name.count + 1, path.starts(with: name), path[name.count] == slash else { return nil }
    return relative([UInt8](path[(name.count + 1)...]))
  }
}

private let slash: UInt8 = 0x2F
private let dot: UInt8 = 0x2E

/// Without what leads it, "/" and "./", and without "/" at its end.
private func relative(_ path: [UInt8]) -> [UInt8] {
  var rest = path[...]
  while let first = rest.first {
    if first == slash {
      rest = rest.dropFirst()
    } else if first == dot && (rest.count == 1 || rest[rest.startIndex + 1] == slash) {
      rest = rest.dropFirst()
    } else {
      break
    }
  }
  while rest.last == slash { rest = rest.dropLast() }
  return [UInt8](rest)
}

/// Opens a file for reading, in the directory with the longest name that the path begins with.
func open(_ path: [UInt8], in directories: [Directory]) -> Int32? {
  let wanted = relative(path)
  var best: (directory: Directory, rest: [UInt8])?
  for directory in directories {
    guard let rest = directory.remainder(of: wanted) else { continue }
    if let known = best, known.directory.name.count >= directory.name.count { continue }
    best = (directory, rest)
  }
  guard let best else { return nil }
  var descriptor: Int32 = -1
  let error = best.rest.withUnsafeBytes { text in
    wasi_path_open(
      best.directory.descriptor, UInt32(wasi_follow_symlinks), text.baseAddress?.assumingMemoryBound(to: CChar.self),
      text.count, 0, UInt64(wasi_right_read | wasi_right_seek), 0, 0, &descriptor)
  }
  return error == 0 ? descriptor : nil
}

func close(_ descriptor: Int32) { _ = wasi_fd_close(descriptor) }

/// How many bytes came, 0 at the end; nil when the host says no.
func read(into chunk: inout [UInt8], from descriptor: Int32) -> Int? {
  chunk.withUnsafeMutableBytes { bytes in
    var buffer = wasi_buffer(start: bytes.baseAddress, length: bytes.count)
    var length = 0
    guard wasi_fd_read(descriptor, &buffer, 1, &length) == 0, length <= bytes.count else { return nil }
    return length
  }
}

func write(_ bytes: [UInt8], to descriptor: Int) {
  bytes.withUnsafeBytes { print_bytes(Int32(descriptor), $0.baseAddress, $0.count) }
}
