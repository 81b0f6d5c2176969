import Glibc

extension Encryption {
  /// What keeps a file from being one of certificates that `init(program:leading:authorities:)` can take; nil where nothing does.
  public static func problem(withAuthorities path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: authoritiesLimit + 1)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return String(cString: strerror(errno)) }
      guard count > 0 else { break }
      length += count
    }
    guard length <= authoritiesLimit else { return "more than \(authoritiesLimit) bytes; expected certificates (PEM)" }
    guard String(decoding: bytes[..<length], as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
      return "found no certificate, expected at least one in PEM (-----BEGIN CERTIFICATE-----)"
    }
    return nil
  }

  /// Several times what systems trust.
  private static let authoritiesLimit = 4 << 20
}
