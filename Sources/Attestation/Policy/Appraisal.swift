import Foundation

extension Policy {
  /// Judges an examination by this policy. Acceptance needs every rule to hold, those of the examination included.
  ///
  /// - Parameter nonce: what the relying party asked the attester to bind; nil when it asked for nothing.
  public func appraise(_ examination: Examination, nonce: [UInt8]?, at time: Date) -> Verdict {
    var findings = examination.findings
    findings += platformFindings(examination.platform)
    if platforms[examination.platform.platform]?.isRevocationListDemanded == true { findings.append(revocationFinding(examination.findings)) }
    findings += freshnessFindings(examination, nonce, time)
    findings += trustletFindings(examination.trustlet)
    return Verdict(examination: examination, findings: findings, nonce: nonce, time: time)
  }

  /// Judges evidence that looks like a format and cannot be decoded: it is refused, whatever the policy says.
  public func appraise(_ error: MalformedEvidence, of format: EvidenceFormat, nonce: [UInt8]?, at time: Date) -> Verdict {
    let examination = Examination(format, damaged: error)
    return Verdict(examination: examination, findings: examination.findings, nonce: nonce, time: time)
  }

  // MARK: Platform

  private func platformFindings(_ claims: PlatformClaims) -> [Finding] {
    let name = claims.platform.rawValue
    guard let terms = platforms[claims.platform] else {
      let accepted = platforms.keys.map(\.rawValue).sorted().joined(separator: ", ")
      return [
        .rule(
          "policy.platform", .hardware, holds: false, found: name,
          wanted: accepted.isEmpty ? "no platform: the policy names none" : accepted,
          remedy: claims.platform == .none
            ? "nothing protects this trustlet from its host; for development only, write 'none: insecure' under platforms"
            : "if this platform is to be trusted, name it under platforms")
      ]
    }
    if claims.platform == .none {
      let found = "none: nothing protects it from its host"
      guard terms.isInsecureAccepted else {
        return [
          .rule(
            "policy.platform", .hardware, holds: false, found: found, wanted: "none, named as insecure",
            remedy: "for development only, write 'none: insecure' under platforms")
        ]
      }
      return [Finding("policy.platform", .waived, .hardware, found: found, wanted: "none, named as insecure"), debugFinding(claims)]
    }
    var findings: [Finding] = [
      .rule(
        "policy.platform", .hardware, holds: terms.products?.contains(claims.product ?? "") ?? true,
        found: "\(name), \(claims.product ?? "of an unknown product")",
        wanted: terms.products.map { "\(name), one of \($0.sorted().joined(separator: ", "))" } ?? name,
        remedy: claims.product == nil
          ? "give the certificate or collateral that names the product"
          : "if this product is to be trusted, name it under platforms.\(name).products")
    ]
    findings.append(debugFinding(claims))
    findings += terms.trustedComputingBaseFindings(claims)
    findings.append(terms.measurementFinding(claims))
    if let uncompared = terms.uncomparedFinding(claims) { findings.append(uncompared) }
    return findings
  }

  /// One that revokes something, or is not in force, is refused without a policy's word.
  private func revocationFinding(_ findings: [Finding]) -> Finding {
    // A trustlet's evidence has its platform's findings under "platform.".
    let isChecked = findings.contains { $0.rule.hasSuffix(SNPReport.revocationRule) && $0.outcome == .satisfied }
    return .rule(
      "policy.revocation-list", .instanceIdentity, holds: isChecked, found: isChecked ? "a list in force, by which nothing is revoked" : "no list that says so",
      wanted: "AMD's list",
      remedy: "give AMD's current list with --collateral (a broker: at its start), or leave revocation-list out of the policy")
  }

  private func debugFinding(_ claims: PlatformClaims) -> Finding {
    switch claims.debug {
    case nil: Finding("policy.debug", .noted, .configuration, found: "this platform has no debug mode", wanted: "debug off")
    case true? where isDebugAllowed:
      Finding(
        "policy.debug", .waived, .configuration, found: "debug on: its owner may read and change everything",
        wanted: "debug off; the policy allows it")
    case let isOn?:
      .rule(
        "policy.debug", .configuration, holds: !isOn, found: isOn ? "debug on: its owner may read and change everything" : "debug off",
        wanted: "debug off", remedy: "start the workload without debugging; for tests only, write 'debug: allowed'")
    }
  }

  // MARK: Freshness

  private func freshnessFindings(_ examination: Examination, _ expected: [UInt8]?, _ time: Date) -> [Finding] {
    var findings: [Finding] = []
    let bound = examination.trustlet?.nonce ?? examination.platform.boundData
    if let expected {
      findings.append(
        .rule(
          "policy.nonce", .sourcedData, holds: Self.isNonce(expected, in: bound),
          found: bound.isEmpty ? "nothing bound" : hexadecimal(bound),
          wanted: hexadecimal(expected), remedy: "this evidence answers another request: ask for evidence again, with this nonce"))
    } else {
      let (found, wanted) = ("no nonce was given to compare", "the nonce that the evidence was asked for with")
      findings.append(
        nonce == .optional
          ? Finding("policy.nonce", .waived, .sourcedData, found: found, wanted: "\(wanted); the policy makes it optional")
          : .rule(
            "policy.nonce", .sourcedData, holds: false, found: found, wanted: wanted,
            remedy: "give it with --nonce, or accept evidence of any age by 'nonce: optional'"))
    }
    let times = [examination.trustlet?.issuedAt, examination.platform.issuedAt].compactMap(\.self)
    // No piece may be older than the policy allows, and none newer than now.
    if let oldest = times.min(), let newest = times.max() {
      let age = time.timeIntervalSince(oldest)
      let isFromFuture = time.timeIntervalSince(newest) < -Self.clockSkew
      let issuedAt = isFromFuture ? newest : oldest
      if isFromFuture || maximumAge != nil {
        findings.append(
          .rule(
            "policy.age", .sourcedData, holds: !isFromFuture && age <= maximumAge ?? .infinity, found: "made at \(timestamp(issuedAt))",
            wanted: maximumAge.map { "at most \(Int($0)) seconds before \(timestamp(time))" } ?? "not after \(timestamp(time))",
            remedy: isFromFuture ? "compare the clocks of both sides" : "ask for fresh evidence, or allow more under age"))
      }
    } else if maximumAge != nil {
      findings.append(
        .rule(
          "policy.age", .sourcedData, holds: false, found: "evidence that carries no time", wanted: "a signed time",
          remedy: "this format cannot state its age: leave age out and require a nonce"))
    }
    return findings
  }

  /// How far two honest clocks may be apart, in seconds.
  private static let clockSkew: TimeInterval = 60

  /// Whether the bound data is the nonce, or the nonce and zeros up to the fixed size of such a field. Zeros alone are no nonce: evidence that
  /// binds nothing has them too.
  private static func isNonce(_ nonce: [UInt8], in bound: [UInt8]) -> Bool {
    nonce.contains { $0 != 0 } && bound.starts(with: nonce) && bound.dropFirst(nonce.count).allSatisfy { $0 == 0 }
  }

  // MARK: Trustlet

  private func trustletFindings(_ claims: TrustletClaims?) -> [Finding] {
    guard let claims else {
      guard !images.isEmpty || manifest != ManifestTerms() || machines != nil || isKeyOfInstanceDemanded == true else { return [] }
      return [
        .rule(
          "policy.image", .executables, holds: false, found: "evidence of a platform only",
          wanted: "evidence of a trustlet, as the policy names images",
          remedy: "give Coffer's evidence of the running function, or leave images, manifest, machines and key-holder out of the policy")
      ]
    }
    var findings = [imageFinding(claims)]
    if let machines {
      findings.append(
        .rule(
          "policy.machine", .configuration, holds: machines.contains(claims.machine), found: claims.machine,
          wanted: machines.sorted().joined(separator: ", "),
          remedy: "run the function on one of these machines, or name this one under machines"))
    }
    if isKeyOfInstanceDemanded == true {
      findings.append(
        .rule(
          "policy.key-holder", .instanceIdentity, holds: claims.keyHolder == .instance, found: claims.keyHolder.finding,
          wanted: "a key made inside the instance, which nobody else has",
          remedy: claims.keyHolder == .front
            ? "have the function ask a broker for its secrets, or write 'key-holder: any' for an attested channel, which ends in the front"
            : "run an image whose manifest has secrets, so that it makes a key, or write 'key-holder: any'"))
    }
    let demands: [(Bool, String, Bool, String)] = [
      (manifest.forbidsNetwork, "network", claims.manifest.network.isEmpty, claims.manifest.network.joined(separator: ", ")),
      (manifest.forbidsHostDirectories, "host-directories", claims.manifest.hostDirectories == "none", claims.manifest.hostDirectories),
      (manifest.forbidsHostArguments, "host-arguments", !claims.manifest.hostArguments, "taken from the host"),
      (manifest.forbidsHostEnvironment, "host-environment", !claims.manifest.hostEnvironment, "taken from the host"),
    ]
    for (isDemanded, name, holds, found) in demands where isDemanded {
      findings.append(
        .rule(
          "policy.manifest.\(name)", .configuration, holds: holds, found: holds ? "none" : found, wanted: "none",
          remedy: "build the image with a manifest that does without, or leave manifest.\(name) out of the policy"))
    }
    return findings
  }

  private func imageFinding(_ claims: TrustletClaims) -> Finding {
    let isAccepted = images.contains { image in
      switch image {
      case .measurement(let measurement): measurement == claims.imageMeasurement
      case .signer(let fingerprint): claims.imageSigners.contains(fingerprint)
      }
    }
    let signers = claims.imageSigners.map { ", signed by key SHA-256 \(hexadecimal($0))" }.joined()
    return .rule(
      "policy.image", .executables, holds: isAccepted, found: "measurement \(hexadecimal(claims.imageMeasurement))\(signers)",
      wanted: images.isEmpty
        ? "no image: the policy names none"
        : images.map {
          switch $0 {
          case .measurement(let bytes): "measurement \(hexadecimal(bytes.prefix(8)))..."
          case .signer(let bytes): "signer \(hexadecimal(bytes.prefix(8)))..."
          }
        }.joined(separator: ", "),
      remedy: "compare with 'coffer measure'; if this is the program that you chose, name its measurement under images")
  }
}
