import CLinux
import EdgeCalls
import Glibc

/// Serves the edge calls of one trustlet. Everything that comes through the window is taken as hostile: whatever stands
/// there, a call is answered, perhaps with an error, and nothing outside the offered directories and streams is touched.
///
/// Not thread-safe, but for ``stopSignal``. Its first instance makes the process ignore SIGPIPE and SIGXFSZ where they are
/// not handled, since a guest could otherwise end the process by writing.
public final class EdgeService {
  /// Raise it to end a call that blocks; further calls that would block then fail with "interrupted".
  public let stopSignal = StopSignal()
  public internal(set) var statistics = EdgeCallStatistics()

  let configuration: EdgeServiceConfiguration
  var handles: HandleTable
  /// The configuration's directories, in their order.
  let directoryHandles: [UInt32]
  private(set) var writableBytes: UInt64
  /// Whether calls may block. A call that would have to when they may not fails with ``CallFailure/again``.
  var mayBlock = true
  /// Whether the limit of written bytes has cut or refused a write.
  public private(set) var writingWasRefused = false
  var secretsWereFetched = 0

  public init(_ configuration: EdgeServiceConfiguration) throws(EdgeServiceError) {
    Self.writeSignalsAreIgnored
    self.configuration = configuration
    writableBytes = configuration.limits.writtenBytes
    handles = HandleTable(limit: max(0, min(configuration.limits.openFiles, 1 << 20)))
    directoryHandles = try Self.openDirectories(configuration, &handles)
  }

  /// Once for the process.
  private static let writeSignalsAreIgnored: Void = coffer_ignore_write_signals()

  /// Serves the request that stands in the window.
  public func serve(window buffer: UnsafeMutableRawBufferPointer) -> Served {
    guard let window = EdgeWindowView(buffer) else {
      return .abort(message: "the edge window has \(buffer.count) bytes instead of \(EdgeWindowView.size)")
    }
    let request = window.takeRequest()
    takeHeldOutput(window, canWait: EdgeCall(rawValue: request.number)?.letsOutputWait == true)
    if window.doorbellState == DoorbellState.answered.rawValue || window.doorbellState == DoorbellState.declined.rawValue {
      // A call by doorbell that was still being served when the guest lost its patience; it is over now.
      return .answered
    }
    if request.number == EdgeWindowView.noCall {
      // What the library OS does where it cannot go on: it leaves again and again.
      return .abort(message: "the library OS stopped without a request")
    }
    guard let call = EdgeCall(rawValue: request.number) else {
      statistics.countUnknown()
      window.answer(.notSupported)
      return .answered
    }
    statistics.count(call)
    do {
      switch try serve(call, Call(window: window, request: request)) {
      case .answer(let answer):
        window.answer(answer)
        return .answered
      case .hand(let served):
        return served
      }
    } catch {
      statistics.failures += 1
      window.answer(error)
      return .answered
    }
  }

  /// Serves a request that was posted and taken: at once, or not at all. From any thread, if nobody else uses the service meanwhile.
  func serveByDoorbell(_ window: EdgeWindowView) {
    let request = window.takeRequest()
    guard let call = EdgeCall(rawValue: request.number), call.isPrompt else { return window.publish(.declined) }
    mayBlock = false
    defer { mayBlock = true }
    do {
      guard case .answer(let answer) = try serve(call, Call(window: window, request: request)) else {
        return window.publish(.declined)
      }
      window.answer(answer)
    } catch where error == .again && (call != .network || request.arguments.0 == UInt64(NetworkOperation.wait.rawValue)) {
      return window.publish(.declined)
    } catch {
      statistics.failures += 1
      window.answer(error)
    }
    statistics.count(call)
    statistics.byDoorbell += 1
    window.publish(.answered)
  }

  /// Answers a call that was handed out with an error number of Linux.
  public func answer(window buffer: UnsafeMutableRawBufferPointer, error: UInt32) {
    EdgeWindowView(buffer)?.answer(CallFailure(error))
  }

  /// Answers a call that was handed out. False when the payload is larger than the window's; then nothing was answered.
  @discardableResult
  public func answer(
    window buffer: UnsafeMutableRawBufferPointer, results first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0,
    payload: [UInt8] = []
  ) -> Bool {
    guard let window = EdgeWindowView(buffer), window.writePayload(payload) else { return false }
    var answer = EdgeAnswer(payloadLength: payload.count)
    answer.results = (first, second, third)
    window.answer(answer)
    return true
  }

  /// Counts bytes that are about to be written against the limit: how many of them may be.
  func reserveWriting(_ count: Int) throws(CallFailure) -> Int {
    guard count > 0 else { return 0 }
    if UInt64(count) > writableBytes { writingWasRefused = true }
    guard writableBytes > 0 else { throw .noSpace }
    return Int(min(UInt64(count), writableBytes))
  }

  func recordWriting(_ count: Int) {
    writableBytes -= min(UInt64(count), writableBytes)
    statistics.bytesWritten += UInt64(count)
  }

  func recordReading(_ count: Int) {
    statistics.bytesRead += UInt64(count)
  }

  /// A call's window and request, the payload's length checked.
  struct Call {
    let window: EdgeWindowView
    let arguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    let payloadLength: Int

    init(window: EdgeWindowView, request: EdgeRequest) throws(CallFailure) {
      guard request.payloadLength <= UInt32(EdgeWindowView.payloadCapacity) else { throw .invalid }
      self.window = window
      arguments = request.arguments
      payloadLength = Int(request.payloadLength)
    }

    /// The part of the window's payload that the request filled.
    var payload: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: window.payload[..<payloadLength])
    }

    /// As many bytes as were asked for, at most what the window holds.
    func space(_ wanted: UInt64) -> UnsafeMutableRawBufferPointer {
      UnsafeMutableRawBufferPointer(rebasing: window.payload[..<Int(min(wanted, EdgeWindow.payloadCapacity))])
    }

    func path() throws(CallFailure) -> GuestPath {
      try path(0..<payloadLength)
    }

    func path(_ range: Range<Int>) throws(CallFailure) -> GuestPath {
      // Checked before the copy is made; the path checks it again.
      guard range.count <= GuestPath.lengthLimit else { throw .nameTooLong }
      return try GuestPath(window.copyPayload(range))
    }

    /// Where the payload's first of two parts ends, its length having come as an argument.
    func split(_ length: UInt64) throws(CallFailure) -> Int {
      guard length <= UInt64(payloadLength) else { throw .invalid }
      return Int(length)
    }
  }

  enum Outcome {
    case answer(EdgeAnswer)
    case hand(Served)
  }

  private func done(_: Void) -> Outcome { .answer(EdgeAnswer()) }

  private func serve(_ kind: EdgeCall, _ call: Call) throws(CallFailure) -> Outcome {
    switch kind {
    case .nextCommand: .hand(try nextCommand(call))
    case .exit: .hand(.exit(status: UInt32(truncatingIfNeeded: call.arguments.0), limits: call.arguments.1))
    case .trap: .hand(trap(call))
    case .growMemory: .hand(try growMemory(call))
    case .abort: .hand(abort(call))
    case .secrets: .answer(try secrets(call))

    case .readStream: .answer(try readStream(call))
    case .writeStream: .answer(try writeStream(call))
    case .streamKind: .answer(try streamKind(call))

    case .wallClock: .answer(EdgeAnswer(results: coffer_wall_clock(), coffer_wall_clock_resolution()))
    case .wait: .answer(try wait(call))
    case .monotonicClock: .answer(EdgeAnswer(results: coffer_monotonic_clock()))

    case .open: .answer(try open(call))
    case .close: done(try close(call))
    case .readFile: .answer(try readFile(call))
    case .writeFile: .answer(try writeFile(call))
    case .appendFile: .answer(try appendFile(call))
    case .attributes: .answer(try attributes(call))
    case .attributesAt: .answer(try attributesAt(call))
    case .readDirectory: .answer(try readDirectory(call))
    case .createDirectory: done(try createDirectory(call))
    case .removeDirectory: done(try removeDirectory(call))
    case .unlink: done(try unlink(call))
    case .rename: done(try rename(call))
    case .link: done(try link(call))
    case .symlink: done(try symlink(call))
    case .readLink: .answer(try readLink(call))
    case .setSize: done(try setSize(call))
    case .setTimes: done(try setTimes(call))
    case .setTimesAt: done(try setTimesAt(call))
    case .synchronize: done(try synchronize(call))
    case .network: .answer(try network(call))
    case .openVolume, .readVolume, .writeVolume, .flushVolume, .publishVolume: .answer(try volume(kind, call))
    }
  }
}
