/// One entry of Linux's report interface: a folder of its own, in which a report is asked for and read.
package protocol ReportEntry {
  /// - Returns: nil where there is no such attribute.
  func read(_ attribute: ReportAttribute) throws(PlatformError) -> [UInt8]?
  func write(_ bytes: [UInt8], to attribute: ReportAttribute) throws(PlatformError)
}

/// Where entries are made: the kernel's folder, or a test's.
package protocol ReportEntries: Sendable {
  func withEntry<Result>(_ body: (any ReportEntry) throws(PlatformError) -> Result) throws(PlatformError) -> Result
}

/// The files of an entry (Linux, ABI document configfs-tsm-report).
package enum ReportAttribute: String, Sendable, CaseIterable {
  case inblob
  case outblob
  case auxblob
  case provider
  case generation
  case privlevel
  case privlevelFloor = "privlevel_floor"

  /// Bytes of an answer at most.
  var limit: Int {
    switch self {
    case .outblob, .auxblob: 256 << 10
    case .inblob: 64
    case .provider, .generation, .privlevel, .privlevelFloor: 256
    }
  }
}
