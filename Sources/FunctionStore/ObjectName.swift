/// Names of functions and tenants: what may also be a host's name.
public enum ObjectName {
  public static let lengthLimit = 63

  /// `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
  public static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= lengthLimit else { return false }
    let isAlphanumeric = { (byte: UInt8) in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
    return isAlphanumeric(first) && isAlphanumeric(last) && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }

  static func check(_ name: String, of what: String) throws(StoreError) {
    guard isValid(name) else {
      let shown = name.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }.joined()
      throw StoreError(
        .invalid,
        "'\(shown)' cannot be a \(what)'s name; expected 1 to \(lengthLimit) lower-case letters, digits and '-', which is neither first nor last")
    }
  }
}
