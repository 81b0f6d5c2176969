import CLinux
import EdgeCalls
import Glibc

/// Standard streams. A descriptor may be shared with other processes, so its flags are left alone: before a call could block,
/// poll(2) waits for it and for the stop signal together.
extension EdgeService {
  func readStream(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    guard call.arguments.0 == 0 else { throw .badHandle }
    let space = call.space(call.arguments.1)
    guard space.count > 0 else { throw .invalid }
    if let carrier = configuration.streams.carrier {
      guard mayBlock else { throw .again }
      let had = Int(min(call.arguments.2, Configuration.inputLimit))
      let count = min(try checked(carrier.read(into: space, behind: had, until: stopSignal)), space.count)
      recordReading(count)
      return EdgeAnswer(payloadLength: count)
    }
    guard let descriptor = configuration.streams.input else { return EdgeAnswer() }
    var count = coffer_read_at_once(descriptor, space.baseAddress, space.count)
    while count < 0 {
      try checkRepeatable(count)
      guard mayBlock else { throw .again }
      try waitForDescriptor(descriptor, POLLIN)
      count = read(descriptor, space.baseAddress, space.count)
      if count < 0 { count = -Int(errno) }
    }
    recordReading(count)
    return EdgeAnswer(payloadLength: count)
  }

  func writeStream(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let descriptor = try output(call.arguments.0)
    guard call.payloadLength > 0 else { throw .invalid }
    if let carrier = configuration.streams.carrier {
      guard mayBlock else { throw .again }
      return EdgeAnswer(results: UInt64(try carry(call.payload, to: call.arguments.0, canWait: false, carrier)))
    }
    guard let descriptor else { throw CallFailure(EdgeError.brokenPipe) }
    let bytes = UnsafeRawBufferPointer(rebasing: call.payload[..<(try reserveWriting(call.payloadLength))])
    var written = coffer_write_at_once(descriptor, bytes.baseAddress, bytes.count)
    if written <= 0 {
      if written < 0 { try checkRepeatable(written) }
      written = try writePieces(bytes, descriptor)
    }
    recordWriting(written)
    return EdgeAnswer(results: UInt64(written))
  }

  private func carry(
    _ bytes: UnsafeRawBufferPointer, to stream: UInt64, canWait: Bool, _ carrier: any StreamCarrier
  ) throws(CallFailure) -> Int {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<(try reserveWriting(bytes.count))])
    let written = min(try checked(carrier.write(bytes, to: stream, canWait: canWait, until: stopSignal)), bytes.count)
    recordWriting(written)
    return written
  }

  /// Hands out what the guest has held back. What fails here, as beyond the limit of written bytes, it is told when it writes again.
  func takeHeldOutput(_ window: EdgeWindowView, canWait: Bool) {
    guard let carrier = configuration.streams.carrier else { return }
    _ = try? carry(window.takeHeldOutput() ?? UnsafeRawBufferPointer(start: nil, count: 0), to: 1, canWait: canWait, carrier)
  }

  private func writePieces(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) throws(CallFailure) -> Int {
    let isFile = try isFile(descriptor)
    guard isFile || mayBlock else { throw .again }
    // Files take everything at once.
    let piece = isFile ? bytes.count : Self.pipePiece
    var written = 0
    repeat {
      if written > 0 && !isReady(descriptor, POLLOUT) { break }
      if written == 0 && !isFile { try waitForDescriptor(descriptor, POLLOUT) }
      let part = UnsafeRawBufferPointer(rebasing: bytes[written..<min(written + piece, bytes.count)])
      let count = write(descriptor, part.baseAddress, part.count)
      if count > 0 {
        written += count
      } else if count == 0 {
        // Nothing on Linux does this to a write of at least a byte; the guest is promised progress.
        throw .inputOutput
      } else if written > 0 {
        // What was taken is reported now, the error with the next call.
        break
      } else {
        try checkRepeatable(-Int(errno))
      }
    } while written < bytes.count
    return written
  }

  /// PIPE_BUF: a pipe that poll(2) calls writable takes this much without blocking.
  private static let pipePiece = 4096

  func streamKind(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let descriptor =
      call.arguments.0 == 0 ? configuration.streams.input : try output(call.arguments.0)
    return EdgeAnswer(results: UInt64(try streamKind(of: descriptor).rawValue))
  }

  func streamKind(of descriptor: Int32?) throws(CallFailure) -> NodeKind {
    guard let descriptor else { return .unknown }
    let kind = NodeKind(mode: try status(of: descriptor).mode)
    // To a program a character device is a terminal; /dev/null is none.
    let isOtherDevice = kind == .characterDevice && isatty(descriptor) != 1
    return isOtherDevice ? .unknown : kind
  }

  func wait(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let (time, streams) = (call.arguments.0, call.arguments.1)
    guard streams < 8 else { throw .invalid }
    let start = coffer_monotonic_clock()
    let deadline: UInt64? = time == .max ? nil : start.addingReportingOverflow(time).overflow ? nil : start + time
    var watched = [pollfd(fd: try stopSignal.descriptor(), events: Int16(POLLIN), revents: 0)]
    var bits: [UInt64] = []
    var ready: UInt64 = 0
    for stream in UInt64(0)..<3 where streams & 1 << stream != 0 {
      let input = configuration.streams.carrier.map(\.inputDescriptor) ?? configuration.streams.input
      guard let descriptor = stream == 0 ? input : try output(stream) else {
        // At its end, or without a reader: a call would not block.
        ready |= 1 << stream
        continue
      }
      watched.append(pollfd(fd: descriptor, events: Int16(stream == 0 ? POLLIN : POLLOUT), revents: 0))
      bits.append(1 << stream)
    }
    while true {
      let left: Int64 =
        if ready != 0 {
          0
        } else if let deadline {
          Int64(clamping: deadline - min(deadline, coffer_monotonic_clock()))
        } else {
          -1
        }
      let result = coffer_poll(&watched, UInt32(watched.count), left)
      if watched[0].revents != 0 || stopSignal.isRaised { throw .interrupted }
      if result == -EINTR { continue }
      try checked(result)
      for (index, bit) in bits.enumerated() where watched[index + 1].revents != 0 { ready |= bit }
      return EdgeAnswer(results: ready)
    }
  }

  private func output(_ stream: UInt64) throws(CallFailure) -> Int32? {
    switch stream {
    case 1: configuration.streams.output
    case 2: configuration.streams.errors
    default: throw .badHandle
    }
  }

  private func waitForDescriptor(_ descriptor: Int32, _ events: Int32) throws(CallFailure) {
    try checked(stopSignal.wait(for: descriptor, events))
  }

  private func isReady(_ descriptor: Int32, _ events: Int32) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return coffer_poll(&watched, 1, 0) == 1
  }

  private func isFile(_ descriptor: Int32) throws(CallFailure) -> Bool {
    NodeKind(mode: try status(of: descriptor).mode) == .file
  }

  /// Another reader or writer was quicker, or a signal came: then the stream is waited for again.
  ///
  /// - Parameter result: a negative error number, also of a descriptor that cannot say whether it would block.
  private func checkRepeatable(_ result: Int) throws(CallFailure) {
    guard [EINTR, EAGAIN, EOPNOTSUPP].contains(Int32(truncatingIfNeeded: -result)) else { throw CallFailure(result: result) }
  }
}
