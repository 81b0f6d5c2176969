/// A version of an interface, without what may follow the three numbers.
struct Version: Hashable, CustomStringConvertible {
  var major: UInt64
  var minor: UInt64
  var patch: UInt64

  init(major: UInt64, minor: UInt64, patch: UInt64) { (self.major, self.minor, self.patch) = (major, minor, patch) }

  /// Of a canonical version, "1" or "0.2", which stands for all that are compatible, the oldest.
  /// - Returns: nil for anything but numbers: a version before a release is compatible with itself alone.
  init?(_ text: String) {
    let parts = text.split(separator: "+", omittingEmptySubsequences: false)[0].split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { UInt64($0) }
    guard parts.count == numbers.count else { return nil }
    switch numbers.count {
    case 3: self.init(major: numbers[0], minor: numbers[1], patch: numbers[2])
    case 2 where numbers[0] == 0 && numbers[1] > 0: self.init(major: 0, minor: numbers[1], patch: 0)
    case 1 where numbers[0] > 0: self.init(major: numbers[0], minor: 0, patch: 0)
    default: return nil
    }
  }

  var description: String { "\(major).\(minor).\(patch)" }

  /// As semver.org has it: before 1.0.0, the minor version must be the same. A newer one may ask for what is not there, which the
  /// comparison of types finds.
  func isCompatible(with other: Version) -> Bool { major == other.major && (major > 0 || minor == other.minor) }
}
