import Glibc

/// What vouches for the machine that this runs on, by the name under which it is opened.
package enum OwnPlatform: String, Sendable {
  /// A confidential machine's reports.
  case reports = "tsm"
  case tpm

  /// Nil where there is neither.
  package static func find() -> OwnPlatform? {
    if access("/sys/kernel/config/tsm/report", F_OK) == 0, hasProvider { return .reports }
    return access(TPMDescriptor.standardDevice, R_OK | W_OK) == 0 ? .tpm : nil
  }

  /// The interface's folder is there with its module, also where no firmware stands behind it.
  private static var hasProvider: Bool { (try? ReportInterface().name) != nil }
}
