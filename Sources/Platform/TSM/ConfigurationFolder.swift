import Glibc

/// The kernel's report interface as a folder of configfs: an entry is a folder that is made in it, and the kernel puts the files there.
package struct ConfigurationFolder: ReportEntries {
  private let root: String

  package init(root: String) { self.root = root }

  package func withEntry<Result>(_ body: (any ReportEntry) throws(PlatformError) -> Result) throws(PlatformError) -> Result {
    // A name that nobody else takes: entries are visible to all who may use the interface.
    let path = "\(root)/coffer-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    guard mkdir(path, 0o700) == 0 else {
      throw PlatformError(
        .unavailable, "cannot make an entry in \(root): \(String(cString: strerror(errno)))",
        "this is for confidential virtual machines (SEV-SNP, TDX, CCA) with Linux 6.7 or later, configfs mounted, and its module "
          + "(sev-guest, tdx-guest, arm-cca-guest) loaded; run as root")
    }
    defer { rmdir(path) }
    return try body(Entry(path: path))
  }

  private struct Entry: ReportEntry {
    let path: String

    func read(_ attribute: ReportAttribute) throws(PlatformError) -> [UInt8]? {
      let bytes: [UInt8]?
      do throws(SystemFailure) {
        bytes = try BoundedFile.contents(of: "\(path)/\(attribute.rawValue)", limit: attribute.limit)
      } catch {
        if error.errorNumber == ENOENT { return nil }
        throw PlatformError(
          error.errorNumber == EBUSY || error.errorNumber == EWOULDBLOCK ? .foreignReport : .failed,
          "reading \(attribute.rawValue): \(error.text)", "see the kernel's log for what the firmware said")
      }
      guard let bytes else {
        throw PlatformError(
          .malformedAnswer, "\(attribute.rawValue) has more than \(attribute.limit) bytes", "no platform that is known here answers so much")
      }
      return bytes
    }

    func write(_ bytes: [UInt8], to attribute: ReportAttribute) throws(PlatformError) {
      do throws(SystemFailure) {
        try BoundedFile.overwrite("\(path)/\(attribute.rawValue)", with: bytes)
      } catch {
        throw PlatformError(.failed, "writing \(attribute.rawValue): \(error.text)", "see the kernel's log for what the firmware said")
      }
    }
  }
}
