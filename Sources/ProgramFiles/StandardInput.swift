import Glibc

/// Lines as signals between processes. The standard library's `readLine` begins again for ever at the end of the input where `errno` was EINTR before.
package enum StandardInput {
  /// Waits for a line's end. - Returns: false at the end of the input.
  package static func passLine() -> Bool {
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return false }
      if byte == UInt8(ascii: "\n") { return true }
    }
  }
}
