#if canImport(EdgeCalls)
  import EdgeCalls
#endif

extension WASIPreview1 {
  /// Tells the host; the caller must not go on.
  public func procExit(status: UInt32) {
    os.edge.exit(status: status, limits: os.limitsReached)
  }

  public func procRaise(signal: UInt32) throws(SystemError) {
    guard signal <= 30 else { throw .fault }
    throw .notSupported
  }

  public func randomGet(_ memory: LinearMemory, buffer: UInt32, length: UInt32) throws(SystemError) {
    // Nothing at all may be asked for at any address.
    os.edge.used |= InitialisationUse.randomness
    if length > 0 { try os.random.fill(try memory.slice(buffer, length)) }
  }
}

// MARK: Sockets: no descriptor is one

extension WASIPreview1 {
  /// What each of their calls comes to.
  /// - Parameter known: the flags that the call has.
  public func refuseSocket(_ number: UInt32, flags: UInt32, known: UInt32) throws(SystemError) {
    try checkFlags(flags, known: known)
    _ = try descriptor(number)
    throw .notSocket
  }
}
