extension TPMQuote {
  public func examine(in context: VerificationContext) -> Examination {
    var findings = signatureFindings(context)
    let registers = resolvedRegisters(context.endorsements)
    findings += [bankFinding, registers.finding]
    if let coverageFinding { findings.append(coverageFinding) }
    findings += logFindings(registers.isQuoted ? registers.values : nil, context.endorsements)
    findings += stateFindings
    let claims = PlatformClaims(
      .tpm, boundData: attestation.extraData, measurements: registers.isQuoted ? measurements(registers.values) : [],
      hardwareIdentity: attestation.qualifiedSigner)
    return Examination(.tpm, findings: findings, platform: claims)
  }

  private func signatureFindings(_ context: VerificationContext) -> [Finding] {
    let candidates = attestationKeys(context.endorsements)
    guard let first = candidates.first else {
      return [
        .rule(
          "tpm.key", .instanceIdentity, holds: false, found: "no attestation key", wanted: "the key that signed the quote",
          remedy: "give its certificate, or what tpm2_createak -u wrote, or its public key in PEM, with --collateral")
      ]
    }
    let signer = candidates.first { signature.isValid(for: $0.key, attestation.bytes) }
    let finding = Finding.rule(
      "tpm.signature", .instanceIdentity, holds: signer != nil,
      found: signer.map { "\(signature.name), valid for the key \(hexadecimal($0.key.fingerprint))" }
        ?? "\(signature.name), not made by \(candidates.count == 1 ? "the key" : "any of the \(candidates.count) keys") given",
      wanted: "the attestation key's signature over the quote",
      remedy: "the quote was changed or another key made it: get a new one, and give the key that signs it with --collateral")
    return [finding] + examine(signer ?? first, in: context)
  }

  // MARK: Registers

  /// The registers' values, from wherever they came, and whether they are those that were quoted.
  struct Registers {
    var values: PCRValues
    var isQuoted: Bool
    var finding: Finding
  }

  private func resolvedRegisters(_ endorsements: Endorsements) -> Registers {
    // Values that contradict the quote are refused even where a log could stand in for them.
    let given = pcrValues.map { [$0] } ?? endorsements.pcrValues
    let isEmpty = attestation.selections.allSatisfy(\.indices.isEmpty)
    let candidates = given.isEmpty ? eventLogs(endorsements).map(replayed) : given
    let match = isEmpty ? nil : candidates.first(where: isQuoted)
    let found: String
    if isEmpty {
      found = "no PCR is quoted"
    } else if match != nil {
      found = "values of \(attestation.selections.map(\.description).joined(separator: " ")), whose hash was signed"
    } else if given.isEmpty {
      found = candidates.isEmpty ? "no values" : "an event log that does not account for the hash"
    } else {
      let isMissing = given.allSatisfy { $0.digest(attestation.selections, .sha256) == nil }
      found = isMissing ? "values, but not of every PCR that was quoted" : "values whose hash was not signed"
    }
    let finding = Finding.rule(
      "tpm.pcr-values", .hardware, holds: match != nil, found: found, wanted: "the values with the hash \(hexadecimal(attestation.pcrDigest))",
      remedy: isEmpty
        ? "quote the PCRs that the policy speaks of"
        : "give the values at the time of the quote: what tpm2_quote -o wrote, or tpm2_pcrread printed, or an event log that accounts for them")
    return Registers(values: match ?? PCRValues(), isQuoted: match != nil, finding: finding)
  }

  /// Whether the values hash to what was signed. The hash is that of the signature.
  func isQuoted(_ values: PCRValues) -> Bool {
    guard let hash = signature.hash.hash, let digest = values.digest(attestation.selections, hash) else { return false }
    return digest == attestation.pcrDigest
  }

  /// The quoted registers' values by the log alone; those it does not mention are as after a reset.
  private func replayed(_ log: EventLog) -> PCRValues {
    var values = PCRValues()
    for selection in attestation.selections {
      guard let replay = EventLogReplay(log, selection.bank), let length = selection.bank.digestLength else { continue }
      for index in selection.indices {
        values[selection.bank, index] = replay.values[selection.bank, index] ?? EventLogReplay.start(index, length: length)
      }
    }
    return values
  }

  private var bankFinding: Finding {
    let weak = attestation.selections.filter { $0.bank != .sha256 && $0.bank != .sha384 }.map(\.bank.name)
    return .rule(
      "tpm.pcr-bank", .hardware, holds: weak.isEmpty && !attestation.selections.isEmpty,
      found: attestation.selections.isEmpty ? "none" : attestation.selections.map(\.bank.name).joined(separator: ", "),
      wanted: "PCRs of the SHA-256 or SHA-384 bank, and of no other",
      remedy: weak.contains("sha1") ? "SHA-1 can be forged: quote the SHA-256 bank alone" : "quote the SHA-256 bank, as in -l sha256:0,2,4,7")
  }

  private var coverageFinding: Finding? {
    let quoted = Set(attestation.selections.filter { $0.bank == .sha256 || $0.bank == .sha384 }.flatMap(\.indices))
    let missing = PCRMeaning.essential.subtracting(quoted).sorted()
    guard !missing.isEmpty else { return nil }
    let what = missing.map { "PCR \($0) (\(PCRMeaning.text($0)))" }.joined(separator: ", ")
    return Finding("tpm.pcr-coverage", .noted, .executables, found: "not quoted: \(what)", wanted: "PCRs 0, 2, 4 and 7, by which boot is known")
  }

  /// By the SHA-256 bank where it is quoted; another bank beside it has its name added.
  private func measurements(_ values: PCRValues) -> [Measurement] {
    let banks = attestation.selections.filter { $0.bank == .sha256 || $0.bank == .sha384 }
    let main = banks.contains { $0.bank == .sha256 } ? TPMAlgorithm.sha256 : .sha384
    return banks.flatMap { selection in
      selection.indices.compactMap { index in
        values[selection.bank, index].map { value in
          let isMain = selection.bank == main
          return Measurement(
            isMain ? "pcr\(index)" : "pcr\(index)-\(selection.bank.name)", value, PCRMeaning.text(index),
            isEssential: isMain && PCRMeaning.essential.contains(index))
        }
      }
    }
  }

  // MARK: State

  private var stateFindings: [Finding] {
    let counts = "clock \(attestation.clock) ms, reset \(attestation.resetCount) times, resumed \(attestation.restartCount) times since"
    var findings = [
      Finding(
        "tpm.clock", attestation.isClockSafe ? .satisfied : .noted, .hardware,
        found: "\(counts), \(attestation.isClockSafe ? "safe" : "not safe: it may have shown this time before")",
        wanted: "a safe clock: quotes of one boot are then in order"),
      Finding(
        "tpm.memory", .noted, .runtimeOpaque, found: "a TPM measures what starts; it keeps no memory secret",
        wanted: "a platform that encrypts memory, where the machine's owner must not read it"),
    ]
    if !trailing.isEmpty {
      findings.append(
        Finding(
          "tpm.trailing-bytes", .noted, .configuration, found: "\(trailing.count) bytes after the quote that nobody signed", wanted: "none"))
    }
    return findings
  }
}
