import Glibc

/// The machine's console: who runs the machine reads it, so it gets no function's data.
enum Console {
  static func say(_ text: String) {
    let line = Array("coffer: \(text)\n".utf8)
    _ = write(1, line, line.count)
  }

  static func reason(_ result: Int32) -> String { String(cString: strerror(-result)) }
}
