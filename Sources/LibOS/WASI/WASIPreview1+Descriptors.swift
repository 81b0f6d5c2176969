#if canImport(EdgeCalls)
  import EdgeCalls
#endif

// MARK: Reading and writing

extension WASIPreview1 {
  public func fdRead(_ memory: LinearMemory, descriptor number: UInt32, vectors: UInt32, count: UInt32, read: UInt32) throws(SystemError) {
    var list = try BufferVectors(memory, vectors, count)
    let length: UInt64
    switch try descriptor(number) {
    case .file(let file): length = try file.read(&list)
    case .stream(Streams.input): length = try os.streams.read(Streams.input, &list)
    case .stream, .directory: throw .badDescriptor
    }
    try memory.store32(UInt32(truncatingIfNeeded: length), read)
  }

  public func fdPread(
    _ memory: LinearMemory, descriptor number: UInt32, vectors: UInt32, count: UInt32, offset: UInt64, read: UInt32
  ) throws(SystemError) {
    var list = try BufferVectors(memory, vectors, count)
    let length: UInt64
    switch try descriptor(number) {
    case .file(let file): length = try file.read(&list, at: offset)
    case .stream(Streams.input): throw .illegalSeek
    case .stream, .directory: throw .badDescriptor
    }
    try memory.store32(UInt32(truncatingIfNeeded: length), read)
  }

  public func fdWrite(
    _ memory: LinearMemory, descriptor number: UInt32, vectors: UInt32, count: UInt32, written: UInt32
  ) throws(SystemError) {
    var list = try BufferVectors(memory, vectors, count)
    let length: UInt64
    switch try descriptor(number) {
    case .file(let file): length = try file.write(&list)
    case .stream(Streams.input), .directory: throw .badDescriptor
    case .stream(let stream): length = try os.streams.write(stream, &list)
    }
    try memory.store32(UInt32(truncatingIfNeeded: length), written)
  }

  public func fdPwrite(
    _ memory: LinearMemory, descriptor number: UInt32, vectors: UInt32, count: UInt32, offset: UInt64, written: UInt32
  ) throws(SystemError) {
    var list = try BufferVectors(memory, vectors, count)
    let length: UInt64
    switch try descriptor(number) {
    case .file(let file): length = try file.write(&list, at: offset)
    case .stream(Streams.input), .directory: throw .badDescriptor
    case .stream: throw .illegalSeek
    }
    try memory.store32(UInt32(truncatingIfNeeded: length), written)
  }

  public func fdSeek(
    _ memory: LinearMemory, descriptor number: UInt32, offset: Int64, whence: UInt32, position: UInt32
  ) throws(SystemError) {
    let origin: OpenFile.Origin
    switch whence {
    case 0: origin = .start
    case 1: origin = .current
    case 2: origin = .end
    default: throw .fault
    }
    try memory.store64(try seekableFile(number).seek(offset, from: origin), position)
  }

  public func fdTell(_ memory: LinearMemory, descriptor number: UInt32, position: UInt32) throws(SystemError) {
    try memory.store64(try seekableFile(number).position, position)
  }

  public func fdSync(descriptor number: UInt32, dataOnly: Bool) throws(SystemError) {
    try file(number).synchronize(dataOnly: dataOnly)
  }

  public func fdAdvise(descriptor number: UInt32, offset: UInt64, length: UInt64, advice: UInt32) throws(SystemError) {
    guard advice <= 5 else { throw .fault }
    _ = try file(number)
    guard length <= OpenFile.offsetLimit else { throw .invalid }
  }

  public func fdAllocate(descriptor number: UInt32) throws(SystemError) {
    _ = try file(number)
    throw .notSupported
  }
}

// MARK: Numbers

extension WASIPreview1 {
  public func fdClose(descriptor number: UInt32) throws(SystemError) {
    try os.descriptors.remove(number)
  }

  public func fdRenumber(from source: UInt32, to target: UInt32) throws(SystemError) {
    try os.descriptors.move(source, to: target)
  }

  public func fdPrestatGet(_ memory: LinearMemory, descriptor number: UInt32, status: UInt32) throws(SystemError) {
    // Also where there is none: a program that knows its directories never asks again.
    if os.settings.takesDirectories { os.edge.used |= InitialisationUse.settings }
    guard let path = try directory(number).givenPath else { throw .badDescriptor }
    let target = try memory.structure(status, 8, alignment: 4)
    // Tag 0: a directory.
    try target.store8(0, 0)
    try target.store32(UInt32(truncatingIfNeeded: path.count), 4)
  }

  public func fdPrestatDirName(_ memory: LinearMemory, descriptor number: UInt32, buffer: UInt32, length: UInt32) throws(SystemError) {
    guard case .directory(let directory) = try descriptor(number), let path = directory.givenPath else {
      throw .notDirectory
    }
    guard path.count <= Int(length) else { throw .nameTooLong }
    try memory.slice(buffer, UInt32(truncatingIfNeeded: path.count)).copy(from: path)
  }
}

// MARK: Status

extension WASIPreview1 {
  public func fdFdstatGet(_ memory: LinearMemory, descriptor number: UInt32, status: UInt32) throws(SystemError) {
    var (type, flags) = (FileType.unknown, UInt32(0))
    var (rights, inheriting) = (Rights.all, Rights.all)
    switch try descriptor(number) {
    case .stream(let stream):
      type = try streamType(stream)
      rights = stream == Streams.input ? Rights.fdRead : Rights.fdWrite
      inheriting = rights
    case .directory(let directory):
      type = FileType.number(.directory)
      if directory.givenPath != nil {
        rights = Rights.givenDirectory
        inheriting = Rights.givenDirectoryInheriting
      } else {
        rights &= ~(Rights.fdSeek | Rights.fdSetSize | Rights.pathSetSize | Rights.fdWrite)
        inheriting = rights
      }
    case .file(let file):
      type = FileType.number(try file.attributes().kind)
      if !file.canRead { rights &= ~(Rights.fdRead | Rights.fdReaddir) }
      if !file.canWrite { rights &= ~Rights.fdWrite }
      inheriting = rights
      if file.appends { flags |= DescriptorFlags.append }
      if file.isNonblocking { flags |= DescriptorFlags.nonblock }
    }
    let target = try memory.structure(status, 24, alignment: 8)
    try target.store8(type, 0)
    try target.store16(UInt16(truncatingIfNeeded: flags), 2)
    try target.store64(rights, 8)
    try target.store64(inheriting, 16)
  }

  /// Anything but a terminal is of unknown type, lest programs take a pipe for a terminal.
  func streamType(_ stream: UInt32) throws(SystemError) -> UInt8 {
    try os.streams.isTerminal(stream) ? FileType.characterDevice : FileType.unknown
  }

  public func fdFdstatSetFlags(descriptor number: UInt32, flags: UInt32) throws(SystemError) {
    try checkFlags(flags, known: DescriptorFlags.all)
    let file = try file(number)
    guard flags & (DescriptorFlags.dataSync | DescriptorFlags.readSync | DescriptorFlags.sync) == 0 else {
      throw .invalid
    }
    file.appends = flags & DescriptorFlags.append != 0
    file.isNonblocking = flags & DescriptorFlags.nonblock != 0
  }

  public func fdFdstatSetRights(descriptor number: UInt32, base: UInt64, inheriting: UInt64) throws(SystemError) {
    try checkRights(base, inheriting)
    if case .stream = try descriptor(number) { throw .badDescriptor }
    throw .notSupported
  }

  public func fdFilestatGet(_ memory: LinearMemory, descriptor number: UInt32, status: UInt32) throws(SystemError) {
    let attributes: NodeAttributes
    switch try descriptor(number) {
    case .stream(let stream):
      attributes = NodeAttributes(
        device: 0, inode: 0, kind: try os.streams.isTerminal(stream) ? .characterDevice : .unknown, linkCount: 0, size: 0,
        accessTime: 0, modificationTime: 0, changeTime: 0)
    case .file(let file): attributes = try file.attributes()
    case .directory(let directory): attributes = try directory.attributes()
    }
    try FileStatus.put(attributes, try memory.structure(status, FileStatus.size, alignment: 8))
  }

  public func fdFilestatSetSize(descriptor number: UInt32, size: UInt64) throws(SystemError) {
    try file(number).setSize(size)
  }

  public func fdFilestatSetTimes(descriptor number: UInt32, access: UInt64, modification: UInt64, flags: UInt32) throws(SystemError) {
    let times = try newTimes(access, modification, flags)
    switch try descriptor(number) {
    case .stream: throw .badDescriptor
    case .file(let file): try file.setTimes(access: times.access, modification: times.modification)
    case .directory(let directory):
      try directory.setTimes(access: times.access, modification: times.modification)
    }
  }

  /// `$fstflags`: access time, access time now, modification time, modification time now.
  func newTimes(_ access: UInt64, _ modification: UInt64, _ flags: UInt32) throws(SystemError) -> (access: NewTime, modification: NewTime) {
    try checkFlags(flags, known: 0b1111)
    return (try newTime(access, flags & 0b11), try newTime(modification, flags >> 2))
  }

  private func newTime(_ time: UInt64, _ flags: UInt32) throws(SystemError) -> NewTime {
    switch flags {
    case 0: .unchanged
    case 1: .at(time)
    case 2: .now
    default: throw .invalid
    }
  }
}

// MARK: Directories

extension WASIPreview1 {
  public func fdReaddir(
    _ memory: LinearMemory, descriptor number: UInt32, buffer: UInt32, length: UInt32, cookie: UInt64, used: UInt32
  ) throws(SystemError) {
    let directory = try directory(number)
    var target = DirectoryBuffer(memory, buffer, length)
    if length > 0 {
      try directory.list(from: cookie, room: UInt64(length)) { (item, index) throws(SystemError) in
        try target.append(item, next: index + 1)
      }
    }
    try memory.store32(target.used, used)
  }
}

/// Fills with `$dirent`s; the last may be cut off, which tells the program that there is more. What is not filled need not be
/// in memory.
private struct DirectoryBuffer {
  private let memory: LinearMemory
  private let address: UInt32
  private let length: UInt32
  private(set) var used: UInt32 = 0

  init(_ memory: LinearMemory, _ address: UInt32, _ length: UInt32) {
    self.memory = memory
    self.address = address
    self.length = length
  }

  /// - Returns: whether there is room for more.
  mutating func append(_ item: DirectoryItem, next: UInt64) throws(SystemError) -> Bool {
    var header: [UInt8] = []
    for byte in 0..<8 as Range<UInt64> { header.append(UInt8(truncatingIfNeeded: next >> (8 * byte))) }
    for byte in 0..<8 as Range<UInt64> { header.append(UInt8(truncatingIfNeeded: item.inode >> (8 * byte))) }
    header += [UInt8(truncatingIfNeeded: item.name.count), 0, 0, 0, FileType.number(item.kind), 0, 0, 0]
    try append(header)
    try append(item.name)
    return used < length
  }

  private mutating func append(_ bytes: [UInt8]) throws(SystemError) {
    let room = length - used
    guard room > 0 else { return }
    let taken = bytes.count < Int(room) ? UInt32(truncatingIfNeeded: bytes.count) : room
    let (target, overflow) = address.addingReportingOverflow(used)
    guard !overflow else { throw .fault }
    try memory.slice(target, taken).copy(from: taken == bytes.count ? bytes : [UInt8](bytes[..<Int(taken)]))
    used += taken
  }
}
