/// For how long an instance may serve one request after another as each has left it. Then it is reset, as others are behind every request.
///
/// An instance goes on only from a command that has finished: a trap, an end of the program's own, a limit, a stop and a refused growth are its end.
public struct TrustletReuse: Sendable, Equatable {
  /// How many, the first one included.
  public var requests: Int
  /// Nanoseconds from the beginning of the first to that of the last.
  public var time: UInt64
  /// Bytes of the library OS's heap for what came along with requests: it stays there for as long as an instance lives (``EdgeCalls/Configuration``).
  public var keptInput: Int

  public init(requests: Int = 1000, time: UInt64 = 300_000_000_000, keptInput: Int = 2 << 20) {
    self.requests = requests
    self.time = time
    self.keptInput = keptInput
  }
}

/// What an instance has behind it that is not reset.
struct InstanceHistory {
  private(set) var requests = 0
  private let since: UInt64
  private var keptInput = 0

  init(since: UInt64) { self.since = since }

  /// The heap of the library OS has blocks of powers of two: up to twice what is wanted.
  private static let blockOverhead = 64

  mutating func add(input: Int) {
    requests += 1
    if input > 0 { keptInput += 2 * input + Self.blockOverhead }
  }

  func mayGoOn(_ reuse: TrustletReuse, now: UInt64) -> Bool {
    requests < reuse.requests && now - since < reuse.time && keptInput < reuse.keptInput
  }
}
