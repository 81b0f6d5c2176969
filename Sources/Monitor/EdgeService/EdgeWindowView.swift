import CLinux
import EdgeCalls

/// The edge window as the host sees it. The other side may write it at any time, so each field is read once, and what was
/// read is a local from then on.
struct EdgeWindowView {
  private let base: UnsafeMutableRawPointer

  /// Fails when the buffer is smaller than the window or not aligned for its fields.
  init?(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress, buffer.count >= Self.size, UInt(bitPattern: base) % 8 == 0 else { return nil }
    self.base = base
  }

  static let size = Int(MemoryMap.edgeWindowSize)
  static let payloadCapacity = Int(EdgeWindow.payloadCapacity)

  /// Where payloads lie. What is read from here for a decision has to be copied first (``copyPayload(_:)``); bytes that only
  /// pass through need not.
  var payload: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base + Int(EdgeWindow.payloadOffset), count: Self.payloadCapacity)
  }

  /// Takes the request, once: the window then holds none, so that a guest that comes back without a new one is noticed.
  func takeRequest() -> EdgeRequest {
    let request = EdgeRequest(
      number: coffer_window_load_32(base + Int(EdgeWindow.callOffset)),
      payloadLength: coffer_window_load_32(base + Int(EdgeWindow.requestLengthOffset)),
      arguments: (argument(0), argument(1), argument(2), argument(3), argument(4), argument(5)))
    coffer_window_store_32(base + Int(EdgeWindow.callOffset), Self.noCall)
    return request
  }

  /// No ``EdgeCalls/EdgeCall`` has this number.
  static let noCall: UInt32 = 0

  // MARK: Doorbell

  var doorbellState: UInt32 { coffer_window_load_32(base + Int(EdgeWindow.doorbellStateOffset)) }

  /// Whether a call stands there that nobody has taken yet.
  func takePosted() -> Bool {
    coffer_window_exchange_32(
      base + Int(EdgeWindow.doorbellStateOffset), DoorbellState.posted.rawValue, DoorbellState.taken.rawValue)
  }

  func publish(_ state: DoorbellState) { coffer_window_publish_32(base + Int(EdgeWindow.doorbellStateOffset), state.rawValue) }

  /// - Parameter count: bytes of the response's payload, at most the capacity.
  func publishProgress(_ count: Int) {
    coffer_window_publish_32(base + Int(EdgeWindow.doorbellProgressOffset), UInt32(truncatingIfNeeded: count))
  }

  func publish(_ listener: DoorbellListener) {
    coffer_window_publish_32(base + Int(EdgeWindow.doorbellListenerOffset), listener.rawValue)
  }

  private func argument(_ index: Int) -> UInt64 {
    coffer_window_load_64(base + Int(EdgeWindow.argumentsOffset) + index * 8)
  }

  /// A copy of the payload's bytes in the range, which has to lie within the capacity.
  func copyPayload(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= Self.payloadCapacity)
    return [UInt8](unsafeUninitializedCapacity: range.count) { bytes, count in
      if let destination = bytes.baseAddress {
        coffer_window_copy(destination, base + Int(EdgeWindow.payloadOffset) + range.lowerBound, range.count)
      }
      count = range.count
    }
  }

  /// Writes bytes to the payload's start; fails when they do not fit.
  func writePayload(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= Self.payloadCapacity else { return false }
    bytes.withUnsafeBytes { payload.copyMemory(from: $0) }
    return true
  }

  /// Output that the guest holds back, once: bytes that only pass through. Nil when there is none.
  func takeHeldOutput() -> UnsafeRawBufferPointer? {
    let count = min(coffer_window_load_32(base + Int(EdgeWindow.heldOutputLengthOffset)), UInt32(EdgeWindow.heldOutputCapacity))
    guard count > 0 else { return nil }
    coffer_window_store_32(base + Int(EdgeWindow.heldOutputLengthOffset), 0)
    return UnsafeRawBufferPointer(start: base + Int(EdgeWindow.heldOutputOffset), count: Int(count))
  }

  func answer(_ answer: EdgeAnswer) {
    let results = base + Int(EdgeWindow.resultsOffset)
    coffer_window_store_64(results, answer.results.0)
    coffer_window_store_64(results + 8, answer.results.1)
    coffer_window_store_64(results + 16, answer.results.2)
    coffer_window_store_64(results + 24, 0)
    coffer_window_store_32(base + Int(EdgeWindow.responseLengthOffset), UInt32(answer.payloadLength))
    coffer_window_store_32(base + Int(EdgeWindow.errorOffset), 0)
  }

  func answer(_ failure: CallFailure) {
    answer(EdgeAnswer())
    coffer_window_store_32(base + Int(EdgeWindow.errorOffset), failure.number)
  }
}

/// A request as it was read from the window. Nothing in it has been checked.
struct EdgeRequest {
  let number: UInt32
  let payloadLength: UInt32
  let arguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
}

/// What goes back when a call succeeded.
struct EdgeAnswer {
  var results: (UInt64, UInt64, UInt64) = (0, 0, 0)
  /// Bytes that lie in the window's payload already, at most its capacity.
  var payloadLength = 0

  init() {}

  init(results first: UInt64, _ second: UInt64 = 0) {
    results = (first, second, 0)
  }

  init(payloadLength: Int) {
    precondition(payloadLength >= 0 && payloadLength <= EdgeWindowView.payloadCapacity)
    self.payloadLength = payloadLength
  }
}
