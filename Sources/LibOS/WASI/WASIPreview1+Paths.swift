/// A path as the program gave it: address and length.
public struct PathArgument {
  let address: UInt32
  let length: UInt32

  public init(_ address: UInt32, _ length: UInt32) {
    self.address = address
    self.length = length
  }

  /// Longer paths are not even looked at: none is accepted that is longer than ``RelativePath/lengthLimit``.
  private static let copyLimit: UInt64 = 1 << 16

  func bytes(_ memory: LinearMemory) throws(SystemError) -> [UInt8] {
    guard length <= WASIPreview1.copyLimit else { throw .outOfMemory }
    let region = try memory.slice(address, length)
    guard region.count <= PathArgument.copyLimit else { throw .nameTooLong }
    let bytes = try region.bytes(0, region.count)
    guard isUTF8(bytes) else { throw .illegalByteSequence }
    return bytes
  }
}

/// `$lookupflags`.
private enum LookupFlags {
  static let follow: UInt32 = 1
}

/// `$oflags`.
private enum OpeningFlags {
  static let create: UInt32 = 1
  static let directory: UInt32 = 2
  static let exclusive: UInt32 = 4
  static let truncate: UInt32 = 8
  static let all: UInt32 = 15
}

extension WASIPreview1 {
  public func pathOpen(
    _ memory: LinearMemory, descriptor number: UInt32, lookup: UInt32, path: PathArgument, flags: UInt32, rights: UInt64,
    inheriting: UInt64, descriptorFlags: UInt32, opened: UInt32
  ) throws(SystemError) {
    try checkFlags(lookup, known: LookupFlags.follow)
    try checkFlags(flags, known: OpeningFlags.all)
    try checkRights(rights, inheriting)
    try checkFlags(descriptorFlags, known: DescriptorFlags.all)
    let path = try path.bytes(memory)
    let directory: OpenDirectory
    switch try descriptor(number) {
    case .directory(let found): directory = found
    case .file: throw .notDirectory
    case .stream: throw .badDescriptor
    }
    guard
      descriptorFlags & (DescriptorFlags.dataSync | DescriptorFlags.readSync | DescriptorFlags.sync) == 0
    else { throw .notSupported }

    var request = OpenRequest()
    request.create = flags & OpeningFlags.create != 0
    request.exclusive = flags & OpeningFlags.exclusive != 0
    request.truncate = flags & OpeningFlags.truncate != 0
    request.directory = flags & OpeningFlags.directory != 0
    request.follow = lookup & LookupFlags.follow != 0
    // As Wasmtime has it: creating and truncating give the right to write, and who does not ask to write may read.
    request.canWrite = rights & Rights.fdWrite != 0 || request.create || request.truncate
    request.canRead = rights & Rights.fdRead != 0 || rights & Rights.fdWrite == 0

    try os.descriptors.requireRoom()
    let result = try directory.open(path, request)
    if case .file(let file) = result {
      file.appends = descriptorFlags & DescriptorFlags.append != 0
      file.isNonblocking = descriptorFlags & DescriptorFlags.nonblock != 0
    }
    try memory.store32(try os.descriptors.insert(result), opened)
  }

  public func pathFilestatGet(
    _ memory: LinearMemory, descriptor number: UInt32, lookup: UInt32, path: PathArgument, status: UInt32
  ) throws(SystemError) {
    try checkFlags(lookup, known: LookupFlags.follow)
    let directory = try directory(number)
    let attributes = try directory.attributes(try path.bytes(memory), follow: lookup & LookupFlags.follow != 0)
    try FileStatus.put(attributes, try memory.structure(status, FileStatus.size, alignment: 8))
  }

  public func pathFilestatSetTimes(
    _ memory: LinearMemory, descriptor number: UInt32, lookup: UInt32, path: PathArgument, access: UInt64,
    modification: UInt64, flags: UInt32
  ) throws(SystemError) {
    try checkFlags(lookup, known: LookupFlags.follow)
    let times = try newTimes(access, modification, flags)
    let directory = try directory(number)
    try directory.setTimes(
      try path.bytes(memory), follow: lookup & LookupFlags.follow != 0, access: times.access,
      modification: times.modification)
  }

  public func pathCreateDirectory(_ memory: LinearMemory, descriptor number: UInt32, path: PathArgument) throws(SystemError) {
    try directory(number).createDirectory(try path.bytes(memory))
  }

  public func pathRemoveDirectory(_ memory: LinearMemory, descriptor number: UInt32, path: PathArgument) throws(SystemError) {
    try directory(number).removeDirectory(try path.bytes(memory))
  }

  public func pathUnlinkFile(_ memory: LinearMemory, descriptor number: UInt32, path: PathArgument) throws(SystemError) {
    try directory(number).unlink(try path.bytes(memory))
  }

  public func pathRename(
    _ memory: LinearMemory, descriptor number: UInt32, old: PathArgument, to target: UInt32, new: PathArgument
  ) throws(SystemError) {
    let (source, target) = (try directory(number), try directory(target))
    try source.rename(try old.bytes(memory), to: target, try new.bytes(memory))
  }

  public func pathLink(
    _ memory: LinearMemory, descriptor number: UInt32, lookup: UInt32, old: PathArgument, to target: UInt32,
    new: PathArgument
  ) throws(SystemError) {
    try checkFlags(lookup, known: LookupFlags.follow)
    let (source, target) = (try directory(number), try directory(target))
    let (old, new) = (try old.bytes(memory), try new.bytes(memory))
    guard source.isMutable, target.isMutable else { throw .notPermitted }
    // Wasmtime does not follow here.
    guard lookup & LookupFlags.follow == 0 else { throw .invalid }
    try source.link(old, follow: false, to: target, new)
  }

  public func pathSymlink(
    _ memory: LinearMemory, target: PathArgument, descriptor number: UInt32, path: PathArgument
  ) throws(SystemError) {
    let directory = try directory(number)
    try directory.symlink(target: try target.bytes(memory), try path.bytes(memory))
  }

  public func pathReadlink(
    _ memory: LinearMemory, descriptor number: UInt32, path: PathArgument, buffer: UInt32, length: UInt32, used: UInt32
  ) throws(SystemError) {
    let target = try directory(number).readLink(try path.bytes(memory))
    guard isUTF8(target) else { throw .illegalByteSequence }
    let taken = target.count < Int(length) ? target.count : Int(length)
    if taken > 0 {
      try memory.slice(buffer, UInt32(truncatingIfNeeded: taken)).copy(from: [UInt8](target[..<taken]))
    }
    try memory.store32(UInt32(truncatingIfNeeded: taken), used)
  }
}
