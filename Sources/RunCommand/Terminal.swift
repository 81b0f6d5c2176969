import Glibc
import Synchronization

/// What goes to people: complaints and progress on standard error, results on standard output.
public enum Terminal {
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// NO_COLOR counts unless it is empty.
  private static let mayColour = variable("NO_COLOR").isEmpty && !["", "dumb"].contains(variable("TERM"))
  private static let hasColour = isInteractive && mayColour

  private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }

  public static func paint(_ text: String, _ code: String) -> String { hasColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

  /// For results: coloured where standard output is a terminal.
  public static func paintOutput(_ text: String, _ code: String) -> String {
    mayColour && isatty(STDOUT_FILENO) == 1 ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  public static func complain(_ text: String) { write("\(paint("coffer:", "31")) \(text)\n", to: STDERR_FILENO) }

  public static func note(_ text: String) { write("\(paint("coffer:", "33")) \(text)\n", to: STDERR_FILENO) }

  /// A result. One that cannot be written is Coffer's failure; a reader that went away wanted no more.
  public static func print(_ text: String) {
    guard !write(text + "\n", to: STDOUT_FILENO), errno != EPIPE else { return }
    complain("cannot write to standard output: \(String(cString: strerror(errno)))")
    exit(EndStatus.failure)
  }

  private static let canRewrite = isInteractive && !["", "dumb"].contains(variable("TERM"))
  private static let isProgressShown = Atomic(false)

  /// A line that is written over; only on a terminal that can. Nil takes away what is there.
  public static func progress(_ text: String?) {
    guard canRewrite, isProgressShown.exchange(text != nil, ordering: .relaxed) || text != nil else { return }
    write(text.map { "\r\u{1B}[K\($0)" } ?? "\r\u{1B}[K", to: STDERR_FILENO)
  }

  /// False, with `errno`, when not all could be written.
  @discardableResult
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
