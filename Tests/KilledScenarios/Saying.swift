import Glibc

/// The scenario's side: a line on standard output, whole before this returns, so that whoever reads it knows what had happened by then.
public func say(_ line: String) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { exit(3) }
    bytes = bytes.dropFirst(count)
  }
}
