import CLinux
import FunctionDispatch
import Glibc
import Logging
import Synchronization

/// What all connections share.
public final class FunctionService: Sendable {
  public struct Limits: Sendable {
    /// Bytes of a request's body.
    public var body = 100 << 20
    /// Of bodies up to this many bytes a function sees nothing until they are whole: slow callers keep no machine waiting.
    public var wholeBody = 64 << 10
    /// Seconds in which such a body has to be whole.
    public var wholeBodyTime = 60
    /// Bytes a second of a body that is no function's, from the time on in which a small one has to be whole: memory and a place wait for it.
    public var passedRate = 4096
    /// Seconds in which the next request's header has to be whole, counted from the connection's start or the last answer.
    public var idleTime = 60
    /// Seconds without a byte after which a caller that sends, or is sent, something counts as gone.
    public var stallTime = 30
    public var headerField = 32 << 10
    public var header = 64 << 10
    public var headerFields = 200

    public init() {}
  }

  let catalogue: any FunctionCatalogue
  let dispatcher: Dispatcher
  let limits: Limits
  /// The only function that there is; nil where paths and host names tell which one a request is for.
  let soleFunction: String?
  /// Nil where requests are not logged.
  let requestLog: RequestLog?
  private let seed = UInt64.random(in: 0...UInt64.max)
  private let counter = Atomic<UInt64>(0)
  private let date = Mutex<(second: UInt64, text: String)>((0, ""))

  public init(
    _ catalogue: any FunctionCatalogue, _ dispatcher: Dispatcher, limits: Limits = Limits(), soleFunction: String? = nil, requestLogger: Logger? = nil
  ) {
    self.soleFunction = soleFunction
    self.catalogue = catalogue
    self.dispatcher = dispatcher
    self.limits = limits
    requestLog = requestLogger.map(RequestLog.init)
  }

  /// 16 hexadecimal digits that no other request of this node has had.
  func requestIdentifier() -> String {
    // A bijection of the counter (splitmix64): no two are alike, and none says how many there were.
    var value = seed &+ counter.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    value ^= value >> 31
    return String(unsafeUninitializedCapacity: 16) { bytes in
      for index in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 15
        bytes[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
      return 16
    }
  }

  /// RFC 9110, 5.6.7.
  func dateText() -> String {
    let second = coffer_wall_clock() / 1_000_000_000
    return date.withLock { date in
      if date.second != second { date = (second, Self.text(second: second)) }
      return date.text
    }
  }

  private static func text(second: UInt64) -> String {
    var time = time_t(clamping: second)
    var parts = tm()
    gmtime_r(&time, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = days.indices.contains(Int(parts.tm_wday)) ? days[Int(parts.tm_wday)] : ""
    let month = months.indices.contains(Int(parts.tm_mon)) ? months[Int(parts.tm_mon)] : ""
    return "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
