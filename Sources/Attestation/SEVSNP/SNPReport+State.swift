extension SNPReport {
  func productFinding(_ key: SNPEndorsementKey) -> Finding {
    let stated = processor.map { processor in
      product?.rawValue ?? "a processor of family \(processor.family), model \(processor.model)"
    }
    let isConsistent = key.product != nil && (processor == nil || product == key.product)
    return .rule(
      "sev-snp.product", .hardware, holds: isConsistent,
      found: "certificate for \(key.productName), report of \(stated ?? "version \(version), which names no processor")",
      wanted: "one product of Milan, Genoa and Turin", remedy: "give the certificate of this chip")
  }

  func chipFinding(_ key: SNPEndorsementKey) -> Finding {
    func finding(_ outcome: Finding.Outcome, _ found: String, _ wanted: String, _ remedy: String? = nil) -> Finding {
      Finding("sev-snp.chip-id", outcome, .instanceIdentity, found: found, wanted: wanted, remedy: remedy)
    }
    switch key.kind {
    case .vlek:
      let chip = isChipIDMasked ? "no chip id" : "chip \(hexadecimal(chipID.prefix(8)))..."
      let found = "\(chip); the key is one that \(key.provider ?? "a provider") holds for its machines"
      return finding(.noted, found, "a provider that you trust")
    default:
      if isChipIDMasked {
        let found = "the report names no chip (MASK_CHIP_ID); its key is that of chip \(hexadecimal(key.hardwareID ?? []))"
        return finding(.noted, found, "a chip id")
      }
      guard key.isOf(chip: chipID) else {
        return finding(
          .refused, hexadecimal(chipID), "the certificate's \(hexadecimal(key.hardwareID ?? []))",
          "give the certificate of the chip that made the report")
      }
      return finding(.satisfied, hexadecimal(key.hardwareID ?? []), "the same chip in report and certificate")
    }
  }

  /// The key is derived from the firmware's versions, so its certificate must name those that the report claims.
  func endorsedVersionsFinding(_ key: SNPEndorsementKey, _ layout: SNPSecurityVersions.Layout) -> Finding {
    let reported = reportedTCB(layout)
    return .rule(
      "sev-snp.endorsed-tcb", .hardware, holds: key.endorses(reported), found: "REPORTED_TCB \(reported.description)",
      wanted: "the certificate's \(key.description)", remedy: "get the certificate for the firmware that the report names")
  }

  /// What the signed fields say of the machine and the guest, whoever signed them.
  func stateFindings(_ layout: SNPSecurityVersions.Layout) -> [Finding] {
    var findings = [policyFinding, privilegeFinding, orderFinding(layout), firmwareFinding]
    if policy.allowsMigrationAgent || migrationAgentReportID.contains(where: { $0 != 0xff }) {
      let agent = migrationAgentReportID.contains { $0 != 0xff } ? "agent \(hexadecimal(migrationAgentReportID))" : "no agent yet"
      findings.append(
        Finding(
          "sev-snp.migration-agent", .noted, .configuration,
          found: "policy \(policy.allowsMigrationAgent ? "allows" : "forbids") a migration agent, \(agent)", wanted: "none",
          remedy: "an agent can read the guest: launch without MIGRATE_MA unless you trust it"))
    }
    if version >= 3 && !platform.aliasCheckIsComplete {
      findings.append(
        Finding(
          "sev-snp.alias-check", .noted, .hardware, found: "not complete",
          wanted: "a complete check that no two addresses name the same memory (AMD-SB-3015)",
          remedy: "update the machine's firmware and restart it"))
    }
    if !hasZeroReserved {
      findings.append(
        Finding("sev-snp.reserved", .noted, .configuration, found: "signed bits that version \(version) reserves are set", wanted: "zeros"))
    }
    if let trailing = trailingFinding { findings.append(trailing) }
    return findings
  }

  private var policyFinding: Finding {
    .rule(
      "sev-snp.policy", .configuration, holds: policy.hasReservedOne, found: "POLICY 0x\(String(policy.raw, radix: 16))",
      wanted: "bit 17 set, as firmware demands", remedy: "get a new report; this one is damaged or not genuine")
  }

  private var privilegeFinding: Finding {
    .rule(
      "sev-snp.vmpl", .configuration, holds: privilegeLevel <= 3,
      found: privilegeLevel == .max ? "asked for by the host" : "asked for at VMPL \(privilegeLevel)",
      wanted: "asked for inside the guest, VMPL 0 to 3",
      remedy: "let software inside the guest ask for the report: only it can bind data to it")
  }

  private func orderFinding(_ layout: SNPSecurityVersions.Layout) -> Finding {
    let (current, committed, reported) = (currentTCB(layout), committedTCB(layout), reportedTCB(layout))
    let holds = committed.isAtMost(current) && reported.isAtMost(current) && committedFirmware.isAtMost(currentFirmware)
    return .rule(
      "sev-snp.tcb-order", .hardware, holds: holds,
      found: "current \(current.description) (\(currentFirmware.description)); "
        + "committed \(committed.description) (\(committedFirmware.description)); reported \(reported.description)",
      wanted: "committed and reported not newer than current", remedy: "get a new report; no genuine firmware reports this")
  }

  /// Firmware runs no guest whose policy wants a newer interface.
  private var firmwareFinding: Finding {
    let minimum = policy.minimumVersion
    return .rule(
      "sev-snp.firmware", .hardware, holds: (minimum.major, minimum.minor) <= (currentFirmware.major, currentFirmware.minor),
      found: "firmware \(currentFirmware.description)", wanted: "at least \(minimum.major).\(minimum.minor), as the guest's policy wants",
      remedy: "get a new report; no genuine firmware reports this")
  }

  private var trailingFinding: Finding? {
    var parts: [String] = []
    switch trailing {
    case .nothing: break
    case .certificates(let table): parts.append("a certificate table of \(table.entries.count) entries after the report")
    case .bytes(let bytes): parts.append("\(bytes.count) bytes after the report")
    }
    if parts.isEmpty { return nil }
    return Finding("sev-snp.unsigned", .noted, .sourcedData, found: parts.joined(separator: ", "), wanted: "nothing that is not signed")
  }
}
