import LibOS

extension CallRunner {
  /// What Guest/WASIFunctions.swift does for the compiled program; nil if there is no such call. A test compares the two.
  func invoke(_ name: String, _ a: [UInt64]) -> WASIOutcome? {
    func u(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: a[index]) }
    func path(_ index: Int) -> PathArgument { PathArgument(u(index), u(index + 1)) }
    guard let function = WASIPreview1.functions.first(where: { "\($0.name)" == name }),
      function.parameters.utf8CodeUnitCount == a.count
    else { return nil }
    let (wasi, memory) = (machine.wasi, machine.memory)
    return WASIOutcome { () throws(SystemError) in
      switch name {
      case "args_get": try wasi.argsGet(memory, pointers: u(0), buffer: u(1))
      case "args_sizes_get": try wasi.argsSizesGet(memory, count: u(0), size: u(1))
      case "environ_get": try wasi.environGet(memory, pointers: u(0), buffer: u(1))
      case "environ_sizes_get": try wasi.environSizesGet(memory, count: u(0), size: u(1))
      case "clock_res_get": try wasi.clockResGet(memory, clock: u(0), resolution: u(1))
      case "clock_time_get": try wasi.clockTimeGet(memory, clock: u(0), time: u(2))
      case "fd_advise": try wasi.fdAdvise(descriptor: u(0), offset: a[1], length: a[2], advice: u(3))
      case "fd_allocate": try wasi.fdAllocate(descriptor: u(0))
      case "fd_close": try wasi.fdClose(descriptor: u(0))
      case "fd_datasync": try wasi.fdSync(descriptor: u(0), dataOnly: true)
      case "fd_fdstat_get": try wasi.fdFdstatGet(memory, descriptor: u(0), status: u(1))
      case "fd_fdstat_set_flags": try wasi.fdFdstatSetFlags(descriptor: u(0), flags: u(1))
      case "fd_fdstat_set_rights": try wasi.fdFdstatSetRights(descriptor: u(0), base: a[1], inheriting: a[2])
      case "fd_filestat_get": try wasi.fdFilestatGet(memory, descriptor: u(0), status: u(1))
      case "fd_filestat_set_size": try wasi.fdFilestatSetSize(descriptor: u(0), size: a[1])
      case "fd_filestat_set_times":
        try wasi.fdFilestatSetTimes(
          descriptor: u(0), access: a[1], modification: a[2], flags: u(3))
      case "fd_pread": try wasi.fdPread(memory, descriptor: u(0), vectors: u(1), count: u(2), offset: a[3], read: u(4))
      case "fd_prestat_get": try wasi.fdPrestatGet(memory, descriptor: u(0), status: u(1))
      case "fd_prestat_dir_name": try wasi.fdPrestatDirName(memory, descriptor: u(0), buffer: u(1), length: u(2))
      case "fd_pwrite":
        try wasi.fdPwrite(
          memory, descriptor: u(0), vectors: u(1), count: u(2), offset: a[3], written: u(4))
      case "fd_read": try wasi.fdRead(memory, descriptor: u(0), vectors: u(1), count: u(2), read: u(3))
      case "fd_readdir":
        try wasi.fdReaddir(
          memory, descriptor: u(0), buffer: u(1), length: u(2), cookie: a[3], used: u(4))
      case "fd_renumber": try wasi.fdRenumber(from: u(0), to: u(1))
      case "fd_seek":
        try wasi.fdSeek(
          memory, descriptor: u(0), offset: Int64(bitPattern: a[1]), whence: u(2), position: u(3))
      case "fd_sync": try wasi.fdSync(descriptor: u(0), dataOnly: false)
      case "fd_tell": try wasi.fdTell(memory, descriptor: u(0), position: u(1))
      case "fd_write": try wasi.fdWrite(memory, descriptor: u(0), vectors: u(1), count: u(2), written: u(3))
      case "path_create_directory": try wasi.pathCreateDirectory(memory, descriptor: u(0), path: path(1))
      case "path_filestat_get":
        try wasi.pathFilestatGet(
          memory, descriptor: u(0), lookup: u(1), path: path(2), status: u(4))
      case "path_filestat_set_times":
        try wasi.pathFilestatSetTimes(
          memory, descriptor: u(0), lookup: u(1), path: path(2), access: a[4], modification: a[5], flags: u(6))
      case "path_link": try wasi.pathLink(memory, descriptor: u(0), lookup: u(1), old: path(2), to: u(4), new: path(5))
      case "path_open":
        try wasi.pathOpen(
          memory, descriptor: u(0), lookup: u(1), path: path(2), flags: u(4), rights: a[5], inheriting: a[6], descriptorFlags: u(7), opened: u(8))
      case "path_readlink":
        try wasi.pathReadlink(
          memory, descriptor: u(0), path: path(1), buffer: u(3), length: u(4), used: u(5))
      case "path_remove_directory": try wasi.pathRemoveDirectory(memory, descriptor: u(0), path: path(1))
      case "path_rename": try wasi.pathRename(memory, descriptor: u(0), old: path(1), to: u(3), new: path(4))
      case "path_symlink": try wasi.pathSymlink(memory, target: path(0), descriptor: u(2), path: path(3))
      case "path_unlink_file": try wasi.pathUnlinkFile(memory, descriptor: u(0), path: path(1))
      case "poll_oneoff": try wasi.pollOneoff(memory, subscriptions: u(0), events: u(1), count: u(2), ready: u(3))
      case "proc_raise": try wasi.procRaise(signal: u(0))
      case "random_get": try wasi.randomGet(memory, buffer: u(0), length: u(1))
      case "sock_accept": try wasi.refuseSocket(u(0), flags: u(1), known: DescriptorFlags.all)
      case "sock_recv": try wasi.refuseSocket(u(0), flags: u(3), known: 0b11)
      case "sock_send": try wasi.refuseSocket(u(0), flags: u(3), known: 0xFFFF)
      case "sock_shutdown": try wasi.refuseSocket(u(0), flags: u(1), known: 0b11)
      case "proc_exit": wasi.procExit(status: u(0))
      default: break
      }
    }
  }
}
