/// The firmware's log of what it measured, as Linux shows it. Nobody signed it: a verifier replays it against the quoted registers.
package struct EventLogFile: Sendable {
  package static let standard = EventLogFile(path: "/sys/kernel/security/tpm0/binary_bios_measurements")
  /// Evidence of a trustlet has 1 MiB in all; real logs have some 20 to 100 KiB.
  private static let limit = 512 << 10

  private let path: String

  package init(path: String) { self.path = path }

  /// Nil where there is none, or none that could be sent.
  var contents: [UInt8]? {
    guard let bytes = try? BoundedFile.contents(of: path, limit: Self.limit), !bytes.isEmpty else { return nil }
    return bytes
  }
}
