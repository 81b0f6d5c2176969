/// How Intel judges a platform's firmware, or one of its enclaves.
public enum TCBStatus: String, Sendable, CaseIterable, Codable {
  case upToDate = "UpToDate"
  case softwareHardeningNeeded = "SWHardeningNeeded"
  case configurationNeeded = "ConfigurationNeeded"
  case configurationAndSoftwareHardeningNeeded = "ConfigurationAndSWHardeningNeeded"
  case outOfDate = "OutOfDate"
  case outOfDateConfigurationNeeded = "OutOfDateConfigurationNeeded"
  case revoked = "Revoked"

  /// What is wrong; statuses are the combinations.
  private struct Shortcomings: OptionSet {
    let rawValue: Int
    static let softwareHardening = Self(rawValue: 1)
    static let configuration = Self(rawValue: 2)
    static let outOfDate = Self(rawValue: 4)
    static let revoked = Self(rawValue: 8)
  }

  private var shortcomings: Shortcomings {
    switch self {
    case .upToDate: []
    case .softwareHardeningNeeded: .softwareHardening
    case .configurationNeeded: .configuration
    case .configurationAndSoftwareHardeningNeeded: [.configuration, .softwareHardening]
    case .outOfDate: .outOfDate
    case .outOfDateConfigurationNeeded: [.outOfDate, .configuration]
    case .revoked: .revoked
    }
  }

  /// The status of both together: the worse in each respect, as Intel's appraisal converges the platform's with the TDX module's and the
  /// quoting enclave's. Being out of date says more than that software needs hardening.
  public func converged(with other: TCBStatus) -> TCBStatus {
    let all = shortcomings.union(other.shortcomings)
    if all.contains(.revoked) { return .revoked }
    if all.contains(.outOfDate) { return all.contains(.configuration) ? .outOfDateConfigurationNeeded : .outOfDate }
    return switch (all.contains(.configuration), all.contains(.softwareHardening)) {
    case (true, true): .configurationAndSoftwareHardeningNeeded
    case (true, false): .configurationNeeded
    case (false, true): .softwareHardeningNeeded
    case (false, false): .upToDate
    }
  }
}
