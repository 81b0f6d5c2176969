extension CCAToken {
  public func examine(in context: VerificationContext) -> Examination {
    let signer = signer(in: context)
    var findings = [profiles, platformSignature(signer, context), root(signer, context)]
    findings += [binding, realmSignature, lifecycle, client].compactMap { $0 }
    findings += notes
    return Examination(.cca, findings: findings, platform: claims)
  }

  /// The given key that made the platform token's signature; a pinned one first, should there be more.
  private func signer(in context: VerificationContext) -> VerificationKey? {
    let isPinned = { (key: VerificationKey) in context.anchors.anchor(.cca, fingerprint: key.fingerprint) != nil }
    let keys = context.endorsements.keys
    return (keys.filter(isPinned) + keys.filter { !isPinned($0) }).first { platform.head.envelope.isValid(for: $0) }
  }

  private func platformSignature(_ signer: VerificationKey?, _ context: VerificationContext) -> Finding {
    let given = context.endorsements.keys
    let algorithm = platform.head.envelope.algorithm?.name ?? "an unknown algorithm"
    return .rule(
      "cca.platform-signature", .instanceIdentity, holds: signer != nil,
      found: signer.map { "\(algorithm) by the given \($0.name) key" }
        ?? (given.isEmpty ? "no platform key was given" : "\(algorithm), by none of the \(given.count) keys given"),
      wanted: "the signature of the platform's attestation key",
      remedy: "get the public key of platform \(hexadecimal(platform.instance)) from its maker, in PEM, and give it with --collateral")
  }

  private func root(_ signer: VerificationKey?, _ context: VerificationContext) -> Finding {
    if let signer { return context.anchors.finding(signer, name: "the platform's attestation key", .cca, "cca.root") }
    return .rule(
      "cca.root", .instanceIdentity, holds: false, found: "nobody known signed the platform token",
      wanted: "a platform key that the policy names under trust-anchors",
      remedy: "give the platform's public key with --collateral, and name its SHA-256 in the policy under trust-anchors")
  }

  private var profiles: Finding {
    let found = "platform \(platform.head.profileName), realm \(realm.head.profileName)"
    return .rule(
      "cca.profile", .instanceIdentity, holds: platform.head.profile.isKnown && realm.head.profile.isKnown, found: found,
      wanted: "CCA-SSD/1.0.0, or 2023's cca_platform and realm#1.0.0, or 2024's #2.0.0",
      remedy: "the token binds platform and realm by rules that Coffer does not know: verify with a version that does")
  }

  private var binding: Finding {
    let hash = realm.keyHash
    return .rule(
      "cca.binding", .instanceIdentity, holds: hash == platform.challenge,
      found: "challenge \(hexadecimal(platform.challenge))",
      wanted: hash.map { "\(realm.keyHashAlgorithm) of the realm's key, \(hexadecimal($0))" }
        ?? "sha-256, sha-384 or sha-512 of the realm's key, not \"\(realm.keyHashAlgorithm)\"",
      remedy: "the realm's token is not of this platform: ask the realm for a new token")
  }

  private var realmSignature: Finding {
    let holds = realm.head.envelope.isValid(for: realm.key)
    let algorithm = realm.head.envelope.algorithm?.name ?? "an unknown algorithm"
    return .rule(
      "cca.realm-signature", .instanceIdentity, holds: holds,
      found: "\(algorithm), \(holds ? "by" : "not by") the realm's \(realm.key.name) key",
      wanted: "the signature of the realm attestation key", remedy: "the realm's token was altered: ask the realm for a new token")
  }

  /// A platform that is open to debugging may be back in service later; any other state but secured is no state to trust (RMM
  /// specification, CCA platform lifecycle claim; draft-ffm-rats-cca-token, section on verification).
  private var lifecycle: Finding {
    let state = CCALifecycle(platform.lifecycle)
    let found = "0x\(String(platform.lifecycle, radix: 16)), \(state?.name ?? "not defined")"
    if state == .debug || state == .recoverableDebug {
      return Finding("cca.lifecycle", .noted, .hardware, found: found, wanted: CCALifecycle.secured.name)
    }
    return .rule(
      "cca.lifecycle", .hardware, holds: state == .secured, found: found, wanted: CCALifecycle.secured.name,
      remedy: "the platform is not in service: use another")
  }

  /// Whoever may ask for a platform token with a challenge of its choice can pose as the realm manager, so the second profile names who
  /// asked.
  private var client: Finding? {
    guard platform.head.profile == .second || platform.client != nil else { return nil }
    return .rule(
      "cca.client", .instanceIdentity, holds: platform.client == 1, found: platform.client.map(String.init) ?? "none",
      wanted: "1, the realm management security domain", remedy: "the platform token was made for someone other than the realm manager")
  }

  private var notes: [Finding] {
    var notes: [Finding] = []
    func note(_ rule: String, _ found: String, _ wanted: String) {
      notes.append(Finding(rule, .noted, .sourcedData, found: found, wanted: wanted))
    }
    if platform.head.profile.isKnown, realm.head.profile.isKnown, platform.head.profile != realm.head.profile {
      note("cca.profiles-differ", "platform \(platform.head.profileName), realm \(realm.head.profileName)", "profiles of one specification")
    }
    let headers = [platform.head.envelope, realm.head.envelope].map { $0.unprotectedHeader.asMap?.count ?? 0 }.reduce(0, +)
    if headers > 0 { note("cca.unprotected", "\(headers) unsigned headers, ignored", "none") }
    if !others.isEmpty { note("cca.collection", "\(others.count) unsigned entries beside the two tokens, ignored", "none") }
    if !trailingBytes.isEmpty { note("cca.trailing", "\(trailingBytes.count) unsigned bytes after the token, ignored", "none") }
    return notes
  }

  private var claims: PlatformClaims {
    var measurements = [Measurement("rim", realm.initialMeasurement, "the realm as it started: its memory and settings", isEssential: true)]
    measurements += realm.extensibleMeasurements.enumerated().map {
      Measurement("rem\($0.offset)", $0.element, "what the realm's own software measured")
    }
    for (component, name) in zip(platform.components, platform.componentNames) {
      let words = ["the platform's firmware", component.type, component.version.map { "version \($0)" }].compactMap { $0 }
      measurements += [
        Measurement(name, component.measurement, words.joined(separator: " "), isEssential: true),
        Measurement("\(name)-signer", component.signer, "the key that signed \(words.joined(separator: " "))"),
      ]
    }
    measurements += [
      Measurement("personalization-value", realm.personalization, "what was given when the realm was made"),
      Measurement("implementation-id", platform.implementation, "the platform's design"),
    ]
    return PlatformClaims(
      .cca, debug: CCALifecycle(platform.lifecycle) != .secured, boundData: realm.challenge, measurements: measurements,
      hardwareIdentity: platform.instance)
  }
}
