import GuestRuntime

// The functions of `wasi_snapshot_preview1` as the compiled program calls them: WASIPreview1.functions has them as data, and a test
// compares the two.

/// Runs one call on the memory as it is now. A trap is reported from the function that the program called, which is how it is named to
/// people; hence this is part of each of them.
@inline(__always)
private func answer(_ call: (WASIPreview1, LinearMemory) throws(SystemError) -> Void) -> UInt32 {
  let number = errno(call)
  if number == trapping { coffer_trap(TrapKind.outOfBoundsMemoryAccess.rawValue) }
  return number
}

/// No error number.
private var trapping: UInt32 { UInt32.max }

@inline(never)
private func errno(_ call: (WASIPreview1, LinearMemory) throws(SystemError) -> Void) -> UInt32 {
  let wasi = WASIPreview1(os: libraryOS())
  let memory = LinearMemory(base: coffer_memory_base(), size: coffer_memory_size())
  switch WASIOutcome({ () throws(SystemError) in try call(wasi, memory) }) {
  case .errno(let number): return number
  case .trap: return trapping
  case .abort(let reason):
    wasi.os.edge.abort(reason: reason)
    coffer_halt()
  }
}

// MARK: Arguments

@c(wasi_snapshot_preview1_args_get)
public func argsGet(_ pointers: UInt32, _ buffer: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.argsGet(memory, pointers: pointers, buffer: buffer) }
}

@c(wasi_snapshot_preview1_args_sizes_get)
public func argsSizesGet(_ count: UInt32, _ size: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.argsSizesGet(memory, count: count, size: size) }
}

@c(wasi_snapshot_preview1_environ_get)
public func environGet(_ pointers: UInt32, _ buffer: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.environGet(memory, pointers: pointers, buffer: buffer) }
}

@c(wasi_snapshot_preview1_environ_sizes_get)
public func environSizesGet(_ count: UInt32, _ size: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.environSizesGet(memory, count: count, size: size) }
}

// MARK: Clocks

@c(wasi_snapshot_preview1_clock_res_get)
public func clockResGet(_ clock: UInt32, _ resolution: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.clockResGet(memory, clock: clock, resolution: resolution) }
}

@c(wasi_snapshot_preview1_clock_time_get)
public func clockTimeGet(_ clock: UInt32, _ precision: UInt64, _ time: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.clockTimeGet(memory, clock: clock, time: time) }
}

// MARK: Descriptors

@c(wasi_snapshot_preview1_fd_advise)
public func fdAdvise(_ fd: UInt32, _ offset: UInt64, _ length: UInt64, _ advice: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdAdvise(descriptor: fd, offset: offset, length: length, advice: advice) }
}

@c(wasi_snapshot_preview1_fd_allocate)
public func fdAllocate(_ fd: UInt32, _ offset: UInt64, _ length: UInt64) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdAllocate(descriptor: fd) }
}

@c(wasi_snapshot_preview1_fd_close)
public func fdClose(_ fd: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdClose(descriptor: fd) }
}

@c(wasi_snapshot_preview1_fd_datasync)
public func fdDatasync(_ fd: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdSync(descriptor: fd, dataOnly: true) }
}

@c(wasi_snapshot_preview1_fd_fdstat_get)
public func fdFdstatGet(_ fd: UInt32, _ status: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.fdFdstatGet(memory, descriptor: fd, status: status) }
}

@c(wasi_snapshot_preview1_fd_fdstat_set_flags)
public func fdFdstatSetFlags(_ fd: UInt32, _ flags: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdFdstatSetFlags(descriptor: fd, flags: flags) }
}

@c(wasi_snapshot_preview1_fd_fdstat_set_rights)
public func fdFdstatSetRights(_ fd: UInt32, _ base: UInt64, _ inheriting: UInt64) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdFdstatSetRights(descriptor: fd, base: base, inheriting: inheriting) }
}

@c(wasi_snapshot_preview1_fd_filestat_get)
public func fdFilestatGet(_ fd: UInt32, _ status: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.fdFilestatGet(memory, descriptor: fd, status: status) }
}

@c(wasi_snapshot_preview1_fd_filestat_set_size)
public func fdFilestatSetSize(_ fd: UInt32, _ size: UInt64) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdFilestatSetSize(descriptor: fd, size: size) }
}

@c(wasi_snapshot_preview1_fd_filestat_set_times)
public func fdFilestatSetTimes(_ fd: UInt32, _ access: UInt64, _ modification: UInt64, _ flags: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in
    try wasi.fdFilestatSetTimes(descriptor: fd, access: access, modification: modification, flags: flags)
  }
}

@c(wasi_snapshot_preview1_fd_pread)
public func fdPread(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ offset: UInt64, _ read: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.fdPread(memory, descriptor: fd, vectors: vectors, count: count, offset: offset, read: read)
  }
}

@c(wasi_snapshot_preview1_fd_prestat_get)
public func fdPrestatGet(_ fd: UInt32, _ status: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.fdPrestatGet(memory, descriptor: fd, status: status) }
}

@c(wasi_snapshot_preview1_fd_prestat_dir_name)
public func fdPrestatDirName(_ fd: UInt32, _ buffer: UInt32, _ length: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.fdPrestatDirName(memory, descriptor: fd, buffer: buffer, length: length) }
}

@c(wasi_snapshot_preview1_fd_pwrite)
public func fdPwrite(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ offset: UInt64, _ written: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.fdPwrite(memory, descriptor: fd, vectors: vectors, count: count, offset: offset, written: written)
  }
}

@c(wasi_snapshot_preview1_fd_read)
public func fdRead(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ read: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.fdRead(memory, descriptor: fd, vectors: vectors, count: count, read: read) }
}

@c(wasi_snapshot_preview1_fd_readdir)
public func fdReaddir(_ fd: UInt32, _ buffer: UInt32, _ length: UInt32, _ cookie: UInt64, _ used: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.fdReaddir(memory, descriptor: fd, buffer: buffer, length: length, cookie: cookie, used: used)
  }
}

@c(wasi_snapshot_preview1_fd_renumber)
public func fdRenumber(_ source: UInt32, _ target: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdRenumber(from: source, to: target) }
}

@c(wasi_snapshot_preview1_fd_seek)
public func fdSeek(_ fd: UInt32, _ offset: Int64, _ whence: UInt32, _ position: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.fdSeek(memory, descriptor: fd, offset: offset, whence: whence, position: position)
  }
}

@c(wasi_snapshot_preview1_fd_sync)
public func fdSync(_ fd: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.fdSync(descriptor: fd, dataOnly: false) }
}

@c(wasi_snapshot_preview1_fd_tell)
public func fdTell(_ fd: UInt32, _ position: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.fdTell(memory, descriptor: fd, position: position) }
}

@c(wasi_snapshot_preview1_fd_write)
public func fdWrite(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ written: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.fdWrite(memory, descriptor: fd, vectors: vectors, count: count, written: written)
  }
}

// MARK: Paths

@c(wasi_snapshot_preview1_path_create_directory)
public func pathCreateDirectory(_ fd: UInt32, _ path: UInt32, _ length: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.pathCreateDirectory(memory, descriptor: fd, path: PathArgument(path, length)) }
}

@c(wasi_snapshot_preview1_path_filestat_get)
public func pathFilestatGet(
  _ fd: UInt32, _ lookup: UInt32, _ path: UInt32, _ length: UInt32, _ status: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathFilestatGet(memory, descriptor: fd, lookup: lookup, path: PathArgument(path, length), status: status)
  }
}

@c(wasi_snapshot_preview1_path_filestat_set_times)
public func pathFilestatSetTimes(
  _ fd: UInt32, _ lookup: UInt32, _ path: UInt32, _ length: UInt32, _ access: UInt64, _ modification: UInt64, _ flags: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathFilestatSetTimes(
      memory, descriptor: fd, lookup: lookup, path: PathArgument(path, length), access: access, modification: modification, flags: flags)
  }
}

@c(wasi_snapshot_preview1_path_link)
public func pathLink(
  _ fd: UInt32, _ lookup: UInt32, _ old: UInt32, _ oldLength: UInt32, _ target: UInt32, _ new: UInt32, _ newLength: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathLink(
      memory, descriptor: fd, lookup: lookup, old: PathArgument(old, oldLength), to: target, new: PathArgument(new, newLength))
  }
}

@c(wasi_snapshot_preview1_path_open)
public func pathOpen(
  _ fd: UInt32, _ lookup: UInt32, _ path: UInt32, _ length: UInt32, _ flags: UInt32, _ rights: UInt64, _ inheriting: UInt64, _ descriptorFlags: UInt32, _ opened: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathOpen(
      memory, descriptor: fd, lookup: lookup, path: PathArgument(path, length), flags: flags, rights: rights, inheriting: inheriting, descriptorFlags: descriptorFlags, opened: opened)
  }
}

@c(wasi_snapshot_preview1_path_readlink)
public func pathReadlink(
  _ fd: UInt32, _ path: UInt32, _ length: UInt32, _ buffer: UInt32, _ bufferLength: UInt32, _ used: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathReadlink(memory, descriptor: fd, path: PathArgument(path, length), buffer: buffer, length: bufferLength, used: used)
  }
}

@c(wasi_snapshot_preview1_path_remove_directory)
public func pathRemoveDirectory(_ fd: UInt32, _ path: UInt32, _ length: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.pathRemoveDirectory(memory, descriptor: fd, path: PathArgument(path, length)) }
}

@c(wasi_snapshot_preview1_path_rename)
public func pathRename(
  _ fd: UInt32, _ old: UInt32, _ oldLength: UInt32, _ target: UInt32, _ new: UInt32, _ newLength: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathRename(memory, descriptor: fd, old: PathArgument(old, oldLength), to: target, new: PathArgument(new, newLength))
  }
}

@c(wasi_snapshot_preview1_path_symlink)
public func pathSymlink(
  _ old: UInt32, _ oldLength: UInt32, _ fd: UInt32, _ new: UInt32, _ newLength: UInt32
) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pathSymlink(memory, target: PathArgument(old, oldLength), descriptor: fd, path: PathArgument(new, newLength))
  }
}

@c(wasi_snapshot_preview1_path_unlink_file)
public func pathUnlinkFile(_ fd: UInt32, _ path: UInt32, _ length: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.pathUnlinkFile(memory, descriptor: fd, path: PathArgument(path, length)) }
}

// MARK: Polling

@c(wasi_snapshot_preview1_poll_oneoff)
public func pollOneoff(_ subscriptions: UInt32, _ events: UInt32, _ count: UInt32, _ ready: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in
    try wasi.pollOneoff(memory, subscriptions: subscriptions, events: events, count: count, ready: ready)
  }
}

// MARK: Process

@c(wasi_snapshot_preview1_proc_raise)
public func procRaise(_ signal: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.procRaise(signal: signal) }
}

@c(wasi_snapshot_preview1_proc_exit)
public func procExit(_ status: UInt32) -> Never { exitProgram(status) }

@c(wasi_snapshot_preview1_sched_yield)
public func schedYield() -> UInt32 { WASIErrno.success }

@c(wasi_snapshot_preview1_random_get)
public func randomGet(_ buffer: UInt32, _ length: UInt32) -> UInt32 {
  answer { (wasi, memory) throws(SystemError) in try wasi.randomGet(memory, buffer: buffer, length: length) }
}

// MARK: Sockets

@c(wasi_snapshot_preview1_sock_accept)
public func sockAccept(_ fd: UInt32, _ flags: UInt32, _ accepted: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.refuseSocket(fd, flags: flags, known: DescriptorFlags.all) }
}

@c(wasi_snapshot_preview1_sock_recv)
public func sockRecv(
  _ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ flags: UInt32, _ read: UInt32, _ outFlags: UInt32
) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.refuseSocket(fd, flags: flags, known: 0b11) }
}

@c(wasi_snapshot_preview1_sock_send)
public func sockSend(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ flags: UInt32, _ written: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.refuseSocket(fd, flags: flags, known: 0xFFFF) }
}

@c(wasi_snapshot_preview1_sock_shutdown)
public func sockShutdown(_ fd: UInt32, _ how: UInt32) -> UInt32 {
  answer { (wasi, _) throws(SystemError) in try wasi.refuseSocket(fd, flags: how, known: 0b11) }
}
