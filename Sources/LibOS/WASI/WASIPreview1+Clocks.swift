extension WASIPreview1 {
  enum ClockIdentity {
    static let realtime: UInt32 = 0
    static let monotonic: UInt32 = 1
    static let processTime: UInt32 = 2
    static let threadTime: UInt32 = 3
  }

  public func clockResGet(_ memory: LinearMemory, clock: UInt32, resolution: UInt32) throws(SystemError) {
    let nanoseconds: UInt64
    switch clock {
    case ClockIdentity.realtime: nanoseconds = try os.clock.wallResolution()
    case ClockIdentity.monotonic: nanoseconds = os.clock.monotonicResolution()
    case ClockIdentity.processTime, ClockIdentity.threadTime: throw .badDescriptor
    default: throw .fault
    }
    try memory.store64(nanoseconds, resolution)
  }

  public func clockTimeGet(_ memory: LinearMemory, clock: UInt32, time: UInt32) throws(SystemError) {
    let nanoseconds: UInt64
    switch clock {
    case ClockIdentity.realtime: nanoseconds = try os.clock.wall()
    case ClockIdentity.monotonic: nanoseconds = try os.clock.monotonic()
    case ClockIdentity.processTime, ClockIdentity.threadTime: throw .badDescriptor
    default: throw .fault
    }
    try memory.store64(nanoseconds, time)
  }
}
