/// `wasi_snapshot_preview1` over the library OS, with the rights, error numbers and corner cases of Wasmtime. A method a function,
/// in the files beside this one; addresses are the program's, and each method throws what ``WASIOutcome`` turns into an answer.
public struct WASIPreview1 {
  public let os: LibraryOS

  /// Bytes of a path, or of a list of buffers, that Wasmtime copies in one call.
  static let copyLimit: UInt32 = 1 << 27

  public init(os: LibraryOS) {
    self.os = os
  }

  func descriptor(_ number: UInt32) throws(SystemError) -> Descriptor {
    guard let descriptor = os.descriptors[number] else { throw .badDescriptor }
    return descriptor
  }

  func file(_ number: UInt32) throws(SystemError) -> OpenFile {
    guard case .file(let file) = try descriptor(number) else { throw .badDescriptor }
    return file
  }

  /// Streams, too, are descriptors, but have no position.
  func seekableFile(_ number: UInt32) throws(SystemError) -> OpenFile {
    switch try descriptor(number) {
    case .stream: throw .illegalSeek
    case .file(let file): return file
    case .directory: throw .badDescriptor
    }
  }

  func directory(_ number: UInt32) throws(SystemError) -> OpenDirectory {
    guard case .directory(let directory) = try descriptor(number) else { throw .badDescriptor }
    return directory
  }
}

/// As in Wasmtime, a flag that the interface does not have ends the program.
package func checkFlags(_ flags: UInt32, known: UInt32) throws(SystemError) {
  guard flags & ~known == 0 else { throw .fault }
}

func checkRights(_ base: UInt64, _ inheriting: UInt64) throws(SystemError) {
  guard (base | inheriting) & ~Rights.all == 0 else { throw .fault }
}
