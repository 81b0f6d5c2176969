import Foundation

extension Policy {
  /// A policy, as YAML for people to read and edit, that a piece of evidence like this one would meet; what weakens protection (debugging, an
  /// outdated TCB, a platform that protects nothing) is written as a comment and stays refused.
  ///
  /// - Parameter anchors: keys that the relying party trusts besides, each by the SHA-256 of its SubjectPublicKeyInfo.
  public static func draft(from examination: Examination, anchors: [[UInt8]] = []) -> String {
    let platform = examination.platform
    var lines = [
      "# Drafted from evidence (\(examination.format.title)). Read every line: it says what you will trust."
    ]
    if platform.platform == .none {
      lines.append("# Nothing protects this trustlet from its host. For development only, write {none: insecure} here:")
      lines.append("platforms: {}")
    } else {
      lines += ["platforms:"] + platformLines(platform)
    }
    if platform.debug == true {
      lines.append("# Debugging was on: whoever owns the machine can read and change everything. For tests only:")
      lines.append("# debug: allowed")
    }
    if !anchors.isEmpty {
      lines += ["trust-anchors:", "  \(platform.platform.rawValue):"]
      lines += anchors.map { "    - \(quoted(hexadecimal($0)))" }
    }
    if let trustlet = examination.trustlet { lines += trustletLines(trustlet) }
    lines += nonceLines(examination)
    if examination.trustlet?.issuedAt ?? platform.issuedAt != nil {
      lines.append("# The greatest age that is accepted, by the evidence's own clock:")
      lines.append("# age: 5m")
    }
    return lines.joined(separator: "\n")
  }

  /// What a piece carries is never in the draft, since the next one has to carry another.
  private static func nonceLines(_ examination: Examination) -> [String] {
    let bound = examination.trustlet?.nonce ?? examination.platform.boundData
    let optional = "nonce: optional"
    if bound.allSatisfy({ $0 == 0 }) {
      return ["# This piece carries no nonce, so it may be of any age. Where you ask for evidence yourself, write 'required' and give --nonce:", optional]
    }
    if examination.trustlet != nil {
      return [
        "# This piece carries a nonce. Ask for evidence with one of your own, and give it to coffer verify with --nonce. Who takes evidence of any age writes 'optional':",
        "nonce: required",
      ]
    }
    return [
      "# This piece carries \(bound.count) bytes that somebody chose; whether they are a nonce, or a key's hash, it does not say. Where you ask for evidence",
      "# yourself, write 'required' and give --nonce:", optional,
    ]
  }

  private static func platformLines(_ claims: PlatformClaims) -> [String] {
    var lines = ["  \(claims.platform.rawValue):"]
    if let product = claims.product, claims.platform == .sevSNP { lines.append("    products: [\(quoted(product))]") }
    switch claims.trustedComputingBase {
    case .components(let components):
      let list = components.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      lines.append("    # The firmware of this very piece; look up whether its maker still trusts it.")
      lines.append("    minimum-tcb: {\(list)}")
    case .status(let status, let advisories):
      if status != "UpToDate" {
        lines.append(
          "    # This machine is \(status). To accept that risk, having read the advisories, put these in the place of the next line:")
        lines.append("    # tcb-status: [UpToDate, \(status)]")
        lines.append("    # accepted-advisories: [\(plain(advisories.joined(separator: ", ")))]")
      }
      lines.append("    tcb-status: [UpToDate]")
    case .unstated: break
    }
    guard claims.measurements.contains(where: \.isEssential) else {
      return lines + [
        "    # This piece does not show which software was started, so there is nothing to compare. To accept any software:",
        "    # reference-values: any", "    reference-values: []",
      ]
    }
    lines.append("    reference-values:")
    var mark = "-"
    for measurement in claims.measurements {
      let isZero = measurement.digest.allSatisfy { $0 == 0 }
      // Short values are numbers, of which zero is one.
      guard measurement.isEssential || !isZero || measurement.digest.count <= 8 else { continue }
      let value = "\(measurement.name): \(quoted(hexadecimal(measurement.digest)))"
      lines.append("        # \(measurement.meaning)\(isZero && measurement.isEssential ? "; zeros: nothing was measured here" : "")")
      lines.append(measurement.isEssential ? "      \(mark) \(value)" : "        # \(value)")
      if measurement.isEssential { mark = " " }
    }
    return lines
  }

  private static func trustletLines(_ claims: TrustletClaims) -> [String] {
    var lines = ["images:", "  - measurement: \(quoted(hexadecimal(claims.imageMeasurement)))"]
    lines += claims.imageSigners.map { "  # - signer: \(quoted(hexadecimal($0)))" }
    lines.append("machines: [\(quoted(claims.machine))]")
    lines.append("key-holder: \(claims.keyHolder == .instance ? "instance" : "any")")
    var forbidden: [String] = []
    if claims.manifest.network.isEmpty { forbidden.append("  network: none") }
    if claims.manifest.hostDirectories == "none" { forbidden.append("  host-directories: none") }
    if !claims.manifest.hostArguments { forbidden.append("  host-arguments: none") }
    if !claims.manifest.hostEnvironment { forbidden.append("  host-environment: none") }
    return forbidden.isEmpty ? lines : lines + ["manifest:"] + forbidden
  }

  /// Evidence is hostile: text of its own goes into YAML only as an escaped scalar.
  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || !scalar.isASCII: "\\U" + padded(scalar.value)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }

  private static func padded(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
