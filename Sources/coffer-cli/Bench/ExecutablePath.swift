import Glibc

/// Where this program lies.
enum ExecutablePath {
  static func own() throws -> String {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = bytes.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? -1
    }
    guard count > 0, count < bytes.count else { throw CommandFailure("cannot read /proc/self/exe") }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
