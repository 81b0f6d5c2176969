extension PlatformTerms {
  func trustedComputingBaseFindings(_ claims: PlatformClaims) -> [Finding] {
    let path = "platforms.\(claims.platform.rawValue)"
    switch claims.trustedComputingBase {
    case .unstated:
      // These makers' evidence always says: where nothing was judged, nothing is known.
      guard [.sevSNP, .tdx, .sgx].contains(claims.platform) else { return [] }
      return [
        .rule(
          "policy.tcb", .hardware, holds: false, found: "not judged", wanted: "a judged TCB",
          remedy: "mend what is refused above, so that the machine's firmware can be judged")
      ]
    case .components(let found): return componentsFindings(found, path)
    case .status(let status, let advisories):
      let unread = advisories.filter { !acceptedAdvisories.contains($0) }
      let isCurrent = status == "UpToDate"
      if !isCurrent, statuses.contains(status), unread.isEmpty {
        return [
          Finding("policy.tcb", .waived, .hardware, found: status, wanted: "UpToDate; the policy takes \(status) too"),
          Finding(
            "policy.advisories", .waived, .hardware, found: advisories.isEmpty ? "none" : advisories.joined(separator: ", "),
            wanted: "none; the policy accepts these"),
        ]
      }
      return [
        .rule(
          "policy.tcb", .hardware, holds: statuses.contains(status), found: status, wanted: statuses.sorted().joined(separator: ", "),
          remedy: "update the machine's firmware and configuration, or accept the risk by naming it under \(path).tcb-status"),
        .rule(
          "policy.advisories", .hardware, holds: isCurrent || unread.isEmpty,
          found: advisories.isEmpty ? "none" : advisories.joined(separator: ", "),
          wanted: acceptedAdvisories.isEmpty ? "none" : "none but \(acceptedAdvisories.sorted().joined(separator: ", "))",
          remedy: "read \(unread.joined(separator: ", ")); what you accept goes under \(path).accepted-advisories"),
      ]
    }
  }

  private func componentsFindings(_ found: [String: Int], _ path: String) -> [Finding] {
    let shown = Self.list(found.mapValues { "\($0)" })
    let waived = Finding("policy.tcb", .waived, .hardware, found: shown, wanted: "a minimum; the policy takes any version")
    switch minimumTCB {
    case .any: return [waived]
    case .unstated:
      return [
        .rule(
          "policy.tcb", .hardware, holds: false, found: shown, wanted: "a minimum, which the policy does not state",
          remedy: "write the oldest versions that you trust under \(path).minimum-tcb, such as {\(shown)}")
      ]
    case .components(let minimum):
      let problems = Self.problems(found, minimum)
      guard problems.isEmpty, minimum.values.allSatisfy({ $0 == .any }) else {
        let versions = minimum.mapValues { minimum in if case .version(let least) = minimum { "\(least)" } else { "any" } }
        let rule = Finding.rule(
          "policy.tcb", .hardware, holds: problems.isEmpty, found: shown, wanted: "at least \(Self.list(versions))",
          remedy: "\(problems.joined(separator: "; ")) (\(path).minimum-tcb)")
        let uncompared = minimum.filter { $0.value == .any && found[$0.key] != nil }.keys.sorted()
        guard problems.isEmpty, !uncompared.isEmpty else { return [rule] }
        return [
          rule,
          Finding(
            "policy.uncompared", .noted, .hardware, found: uncompared.map { "\($0): any" }.joined(separator: ", "),
            wanted: "nothing: the policy takes any version of these, however old"),
        ]
      }
      return [waived]
    }
  }

  /// What of a machine's versions a minimum does not allow, and what to do. A component that it leaves out is as an essential measurement that an entry
  /// leaves out: nobody has said that old versions of it are accepted.
  private static func problems(_ found: [String: Int], _ minimum: [String: MinimumVersion]) -> [String] {
    var problems: [String] = []
    for (name, least) in minimum.sorted(by: { $0.key < $1.key }) {
      guard case .version(let least) = least else { continue }
      guard let version = found[name] else {
        problems.append("this machine's product has no \(name), for which the policy names a version: leave it out for such products")
        continue
      }
      if version < least { problems.append("update the machine's firmware: \(name) is older than the policy allows") }
    }
    for (name, version) in found.sorted(by: { $0.key < $1.key }) where minimum[name] == nil {
      problems.append("name \(name) too, such as '\(name): \(version)', or '\(name): any' if no version of it is too old")
    }
    return problems
  }

  private static func list(_ components: [String: String]) -> String {
    components.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }

  /// What was measured and is in an entry that fits only by `any`, or not at all: so that nobody takes it for compared.
  func uncomparedFinding(_ claims: PlatformClaims) -> Finding? {
    guard case .oneOf(let entries) = referenceValues, let entry = entries.first(where: { Self.mismatch($0, claims) == nil }) else { return nil }
    let uncompared = claims.measurements.filter { measurement in
      switch entry[measurement.name] {
      case .digest: false
      case .any: true
      // Zeros: nothing was measured here. Short values are numbers.
      case nil: measurement.digest.count > 8 && measurement.digest.contains { $0 != 0 }
      }
    }
    guard !uncompared.isEmpty else { return nil }
    return Finding(
      "policy.uncompared", .noted, .executables,
      found: uncompared.map { "\($0.name) (\($0.meaning))\(entry[$0.name] == nil ? "" : ": any")" }.joined(separator: ", "),
      wanted: "nothing: the policy has no value for these, and what they measure can be anything")
  }

  func measurementFinding(_ claims: PlatformClaims) -> Finding {
    let path = "platforms.\(claims.platform.rawValue).reference-values"
    let essential = claims.measurements.filter(\.isEssential)
    func described(_ measurements: [Measurement]) -> String {
      measurements.isEmpty ? "none" : measurements.map { "\($0.name): \(hexadecimal($0.digest))" }.joined(separator: ", ")
    }
    func refused(_ found: String, _ wanted: String, _ remedy: String) -> Finding {
      .rule("policy.measurements", .executables, holds: false, found: found, wanted: wanted, remedy: remedy)
    }
    switch referenceValues {
    case .any:
      return Finding(
        "policy.measurements", .waived, .executables, found: described(essential), wanted: "reference values; the policy takes any")
    case .unstated, .oneOf([]):
      return refused(
        described(essential), "reference values, which the policy does not state",
        "if this is the software that you expect, name its measurements under \(path); 'coffer policy from-evidence' drafts them")
    case .oneOf(let entries):
      var reasons: [String] = []
      for entry in entries {
        let reason = Self.mismatch(entry, claims)
        guard let reason else {
          // An entry of nothing but `any` is no demand, nor one that leaves open what the other values stand on.
          guard entry.values.contains(where: { $0 != .any }) else {
            return Finding(
              "policy.measurements", .waived, .executables, found: described(essential), wanted: "reference values; the policy takes any")
          }
          if let open = Self.openFoundation(entry, claims) {
            return Finding(
              "policy.measurements", .waived, .executables, found: described(measurements(entry, claims)),
              wanted: "a value for \(open) too: the policy takes any, and who chooses that chooses what is said of the rest")
          }
          return .rule(
            "policy.measurements", .executables, holds: true, found: described(measurements(entry, claims)),
            wanted: "the policy's reference values", remedy: "")
        }
        reasons.append(reason)
      }
      // A policy may have thousands of entries.
      let shown = reasons.prefix(3).joined(separator: "; or ") + (reasons.count > 3 ? "; or \(reasons.count - 3) more" : "")
      return refused(
        described(essential), shown,
        "other software than the policy names was started; if it is to be trusted, add an entry under \(path). This evidence has: "
          + claims.measurements.map(\.name).joined(separator: ", "))
    }
  }

  /// Those with which an entry's values were compared.
  private func measurements(_ entry: [String: ReferenceValue], _ claims: PlatformClaims) -> [Measurement] {
    claims.measurements.filter { entry[$0.name].map { $0 != .any } ?? false }
  }

  /// What of the software that reports or measures everything else an entry accepts any value of; nil where it is named, itself or by who has signed it.
  private static func openFoundation(_ entry: [String: ReferenceValue], _ claims: PlatformClaims) -> String? {
    func isNamed(_ name: String) -> Bool {
      // Zeros as a signer are nobody.
      if case .digest(let digest)? = entry[name] { digest.contains { $0 != 0 } || claims.platform.foundations.contains([[name]]) } else { false }
    }
    return claims.platform.foundations.first { ways in !ways.contains { $0.allSatisfy(isNamed) } }?.map { $0.joined(separator: " with ") }.joined(separator: " or ")
  }

  /// Why the measurements are not an entry's; nil when they are. An essential measurement that the entry leaves out is a mismatch: what it
  /// measures could be anything.
  private static func mismatch(_ entry: [String: ReferenceValue], _ claims: PlatformClaims) -> String? {
    let measurements = claims.measurements
    for (name, value) in entry.sorted(by: { $0.key < $1.key }) {
      guard let measurement = measurements.first(where: { $0.name == name }) else { return "\(name), which this evidence does not have" }
      if case .digest(let digest) = value, digest != measurement.digest { return "\(name): \(hexadecimal(digest))" }
    }
    let essential = claims.platform.essentialMeasurements + measurements.filter(\.isEssential).map(\.name)
    if let missing = essential.first(where: { entry[$0] == nil }) { return "an entry that names \(missing) too (or '\(missing): any')" }
    return nil
  }
}
