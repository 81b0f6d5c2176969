import Glibc

/// Why a monitor process cannot begin, or cannot go on.
struct StartError: Error, CustomStringConvertible {
  let description: String

  init(_ what: String, _ errorNumber: Int32) {
    description = "\(what): \(String(cString: strerror(errorNumber)))"
  }

  init(_ what: String) {
    description = what
  }
}
