import GuestRuntime

// What images with rules for the network have instead of some functions of `wasi_snapshot_preview1`, and beside them: TrustletBuilder chooses by the
// manifest. Nothing here is in an image without.

/// Made by the first call that could see a socket.
nonisolated(unsafe) private var current: InstanceNetwork?

private func network() -> InstanceNetwork {
  if let current { return current }
  let network = InstanceNetwork(os: libraryOS())
  current = network
  return network
}

private func programMemory() -> LinearMemory { LinearMemory(base: coffer_memory_base(), size: coffer_memory_size()) }

/// No error number.
private var trapping: UInt32 { UInt32.max }

@inline(never)
private func errno(_ call: (InstanceNetwork, LinearMemory) throws(SystemError) -> Void) -> UInt32 {
  do throws(SystemError) {
    try call(network(), programMemory())
    return WASIErrno.success
  } catch {
    return error == .fault ? trapping : InstanceNetwork.errno(error)
  }
}

/// A trap is reported from the function that the program called.
@inline(__always)
private func answer(_ call: (InstanceNetwork, LinearMemory) throws(SystemError) -> Void) -> UInt32 {
  let number = errno(call)
  if number == trapping { coffer_trap(TrapKind.outOfBoundsMemoryAccess.rawValue) }
  return number
}

/// The handle behind a descriptor; before that the sockets are given to the program that it begins with.
@inline(never)
private func socket(_ fd: UInt32) -> UInt32? {
  let network = network()
  do throws(SystemError) {
    try network.begin()
  } catch {
    libraryOS().edge.abort(reason: "the host gave no listening sockets, which the manifest has")
    coffer_halt()
  }
  return network.handle(fd)
}

// MARK: Functions of WASI 0.1

@c(coffer_network_fd_read)
public func networkFdRead(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ read: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return fdRead(fd, vectors, count, read) }
  return answer { (network, memory) throws(SystemError) in try network.fdRead(memory, handle, vectors: vectors, count: count, read: read) }
}

@c(coffer_network_fd_write)
public func networkFdWrite(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ written: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return fdWrite(fd, vectors, count, written) }
  return answer { (network, memory) throws(SystemError) in try network.fdWrite(memory, handle, vectors: vectors, count: count, written: written) }
}

@c(coffer_network_fd_close)
public func networkFdClose(_ fd: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return fdClose(fd) }
  return answer { (network, _) throws(SystemError) in try network.fdClose(fd, handle) }
}

@c(coffer_network_fd_renumber)
public func networkFdRenumber(_ from: UInt32, _ to: UInt32) -> UInt32 {
  guard let handle = socket(to) else { return fdRenumber(from, to) }
  return answer { (network, _) throws(SystemError) in try network.fdRenumber(from: from, to: to, over: handle) }
}

@c(coffer_network_fd_fdstat_get)
public func networkFdFdstatGet(_ fd: UInt32, _ status: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return fdFdstatGet(fd, status) }
  return answer { (network, memory) throws(SystemError) in try network.fdFdstatGet(memory, handle, status: status) }
}

@c(coffer_network_fd_fdstat_set_flags)
public func networkFdFdstatSetFlags(_ fd: UInt32, _ flags: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return fdFdstatSetFlags(fd, flags) }
  return answer { (network, _) throws(SystemError) in try network.setFlags(handle, flags: flags) }
}

@c(coffer_network_fd_filestat_get)
public func networkFdFilestatGet(_ fd: UInt32, _ status: UInt32) -> UInt32 {
  guard socket(fd) != nil else { return fdFilestatGet(fd, status) }
  return answer { (network, memory) throws(SystemError) in try network.fdFilestatGet(memory, status: status) }
}

/// A number that a listening socket is to have must not be taken before.
@c(coffer_network_path_open)
public func networkPathOpen(
  _ fd: UInt32, _ lookup: UInt32, _ path: UInt32, _ length: UInt32, _ flags: UInt32, _ rights: UInt64, _ inheriting: UInt64,
  _ descriptorFlags: UInt32, _ opened: UInt32
) -> UInt32 {
  _ = socket(fd)
  return pathOpen(fd, lookup, path, length, flags, rights, inheriting, descriptorFlags, opened)
}

@c(coffer_network_poll_oneoff)
public func networkPollOneoff(_ subscriptions: UInt32, _ events: UInt32, _ count: UInt32, _ ready: UInt32) -> UInt32 {
  _ = socket(0)
  guard network().concernsSockets(programMemory(), subscriptions: subscriptions, count: count) else {
    return pollOneoff(subscriptions, events, count, ready)
  }
  return answer { (network, memory) throws(SystemError) in
    try network.pollOneoff(memory, subscriptions: subscriptions, events: events, count: count, ready: ready)
  }
}

@c(coffer_network_sock_accept)
public func networkSockAccept(_ fd: UInt32, _ flags: UInt32, _ accepted: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return sockAccept(fd, flags, accepted) }
  return answer { (network, memory) throws(SystemError) in try network.sockAccept(memory, handle, flags: flags, accepted: accepted) }
}

@c(coffer_network_sock_recv)
public func networkSockRecv(
  _ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ flags: UInt32, _ read: UInt32, _ outFlags: UInt32
) -> UInt32 {
  guard let handle = socket(fd) else { return sockRecv(fd, vectors, count, flags, read, outFlags) }
  return answer { (network, memory) throws(SystemError) in
    try network.sockRecv(memory, handle, vectors: vectors, count: count, flags: flags, read: read, outFlags: outFlags)
  }
}

@c(coffer_network_sock_send)
public func networkSockSend(_ fd: UInt32, _ vectors: UInt32, _ count: UInt32, _ flags: UInt32, _ written: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return sockSend(fd, vectors, count, flags, written) }
  return answer { (network, memory) throws(SystemError) in
    try network.sockSend(memory, handle, vectors: vectors, count: count, flags: flags, written: written)
  }
}

@c(coffer_network_sock_shutdown)
public func networkSockShutdown(_ fd: UInt32, _ how: UInt32) -> UInt32 {
  guard let handle = socket(fd) else { return sockShutdown(fd, how) }
  return answer { (network, _) throws(SystemError) in try network.sockShutdown(handle, how: how) }
}

// MARK: Operations themselves, for WASI 0.2's component, and for modules: import "coffer" "network".

@c(coffer_network)
public func networkOperation(
  _ operation: UInt32, _ handle: UInt32, _ argument: UInt64, _ bytes: UInt32, _ length: UInt32, _ result: UInt32
) -> UInt32 {
  let number = networkNumber(operation, handle, argument, bytes, length, result)
  if number == trapping { coffer_trap(TrapKind.outOfBoundsMemoryAccess.rawValue) }
  return number
}

@inline(never)
private func networkNumber(
  _ operation: UInt32, _ handle: UInt32, _ argument: UInt64, _ bytes: UInt32, _ length: UInt32, _ result: UInt32
) -> UInt32 {
  do throws(SystemError) {
    return try libraryOS().network(
      programMemory(), operation: operation, handle: handle, argument: argument, bytes: bytes, length: length, result: result)
  } catch {
    return trapping
  }
}

/// In images without rules for the network: EACCES.
@c(coffer_network_none)
public func noNetwork(
  _ operation: UInt32, _ handle: UInt32, _ argument: UInt64, _ bytes: UInt32, _ length: UInt32, _ result: UInt32
) -> UInt32 { 13 }
