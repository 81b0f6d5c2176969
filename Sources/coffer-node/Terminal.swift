import Glibc
import Synchronization

/// What goes to people: complaints and progress on standard error, results on standard output.
enum Terminal {
  private static let isInteractive = isatty(STDERR_FILENO) == 1
  private static let hasColour = isInteractive && variable("NO_COLOR").isEmpty && !["", "dumb"].contains(variable("TERM"))

  private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }

  static func complain(_ text: String) { write("\(hasColour ? "\u{1B}[31mcoffer:\u{1B}[0m" : "coffer:") \(text)\n", to: STDERR_FILENO) }

  static func note(_ text: String) { write("\(hasColour ? "\u{1B}[33mcoffer:\u{1B}[0m" : "coffer:") \(text)\n", to: STDERR_FILENO) }

  /// A result. One that cannot be written is Coffer's failure; a reader that went away wanted no more.
  static func print(_ text: String) { print(bytes: Array("\(text)\n".utf8)) }

  /// False, with `errno`, where it cannot be written.
  static func delivers(_ text: String) -> Bool { write("\(text)\n", to: STDOUT_FILENO) }

  static func print(bytes: [UInt8]) {
    guard !write(bytes, to: STDOUT_FILENO) else { return }
    guard errno != EPIPE else { exit(0) }
    complain("cannot write to standard output: \(String(cString: strerror(errno)))")
    exit(ExitStatus.failure)
  }

  private static let canRewrite = isInteractive && !["", "dumb"].contains(variable("TERM"))
  private static let isProgressShown = Atomic(false)

  /// A line that is written over; only on a terminal that can. Nil takes away what is there.
  static func progress(_ text: String?) {
    guard canRewrite, isProgressShown.exchange(text != nil, ordering: .relaxed) || text != nil else { return }
    write(text.map { "\r\u{1B}[K\($0)" } ?? "\r\u{1B}[K", to: STDERR_FILENO)
  }

  /// Text of a node or a program, without what a terminal would obey.
  static func plain(_ text: String) -> String {
    text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : String($0) }.joined()
  }

  @discardableResult
  private static func write(_ text: String, to descriptor: Int32) -> Bool { write(Array(text.utf8), to: descriptor) }

  /// False, with `errno`, when not all could be written.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

enum ExitStatus {
  /// Coffer's own failure.
  static let failure: Int32 = 125
  /// A function answered, and said that it could not.
  static let refused: Int32 = 1
}

/// Something wrong with what a user asked for, in one line.
package struct CommandFailure: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
