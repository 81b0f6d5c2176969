import Foundation
import StrictYAML

extension Policy {
  /// No policy in sight comes near it.
  public static let maximumSize = 1024 * 1024

  /// Reads a policy as people write it. A key that nobody knows, or a value that means nothing there, is an error: a rule that is not understood
  /// must not be skipped.
  public init(yaml text: String) throws(StrictYAMLError) {
    self.init()
    for member in try YAMLMember.members(ofText: text, named: "policy", sizeLimit: Self.maximumSize, known: Self.keys) {
      switch member.name {
      case "platforms":
        for platform in try member.members(known: PlatformKind.allCases.map(\.rawValue)) {
          guard let kind = PlatformKind(rawValue: platform.name) else { continue }
          platforms[kind] = try PlatformTerms(platform, kind)
        }
      case "debug": isDebugAllowed = try member.choice() as Permission == .allowed
      case "nonce": nonce = try member.choice()
      case "age": maximumAge = try member.seconds()
      case "images": images = try member.elements().map { element throws(StrictYAMLError) in try ImageTerms(element) }
      case "manifest": manifest = try ManifestTerms(member)
      case "machines":
        machines = Set(try member.elements().map { element throws(StrictYAMLError) in (try element.choice() as Machine).rawValue })
      case "key-holder": isKeyOfInstanceDemanded = try member.choice() as KeyHolder == .instance
      default: anchors = try Self.anchors(member)
      }
    }
  }

  private static let keys = ["platforms", "debug", "nonce", "age", "images", "manifest", "machines", "key-holder", "trust-anchors"]

  private enum Machine: String, CaseIterable { case kvm, process }

  private enum KeyHolder: String, CaseIterable { case instance, any }

  private enum Permission: String, CaseIterable { case refused, allowed }

  private static func anchors(_ member: YAMLMember) throws(StrictYAMLError) -> [TrustAnchors.Anchor] {
    var anchors: [TrustAnchors.Anchor] = []
    for platform in try member.members(known: PlatformKind.allCases.map(\.rawValue)) {
      guard let kind = PlatformKind(rawValue: platform.name) else { continue }
      for element in try platform.elements() {
        anchors.append(.init(kind, name: "policy", fingerprint: try element.digest(bytes: [32], "the SHA-256 of a SubjectPublicKeyInfo")))
      }
    }
    return anchors
  }
}

extension PlatformTerms {
  fileprivate init(_ member: YAMLMember, _ kind: PlatformKind) throws(StrictYAMLError) {
    self.init()
    if kind == .none {
      guard member.scalar == "insecure" else {
        throw member.failure("development evidence proves nothing against its host; write 'none: insecure' to accept it nevertheless")
      }
      isInsecureAccepted = true
      return
    }
    for inner in try member.members(known: Self.keys(kind)) {
      switch inner.name {
      case "products": products = Set(try inner.strings())
      case "minimum-tcb": minimumTCB = try Self.minimum(inner)
      case "revocation-list": isRevocationListDemanded = try inner.choice() as Demand == .required
      case "tcb-status":
        statuses = Set(try inner.strings())
        if let unknown = statuses.first(where: { !Self.knownStatuses.contains($0) }) {
          throw inner.failure("'\(unknown)' is none of \(Self.knownStatuses.joined(separator: ", "))")
        }
      case "accepted-advisories": acceptedAdvisories = Set(try inner.strings())
      default: referenceValues = try Self.references(inner)
      }
    }
  }

  /// Revoked is not among them: no policy can accept it.
  private static let knownStatuses = [
    "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
    "OutOfDateConfigurationNeeded",
  ]

  private enum Demand: String, CaseIterable { case required, optional }

  private static func keys(_ kind: PlatformKind) -> [String] {
    switch kind {
    case .sevSNP: ["products", "minimum-tcb", "revocation-list", "reference-values"]
    case .tdx, .sgx: ["tcb-status", "accepted-advisories", "reference-values"]
    default: ["reference-values"]
    }
  }

  private static func minimum(_ member: YAMLMember) throws(StrictYAMLError) -> MinimumTCB {
    if member.scalar == "any" { return .any }
    var components: [String: MinimumVersion] = [:]
    for component in try member.members(known: ["bootloader", "tee", "snp", "microcode", "fmc"]) {
      if component.scalar == "any" {
        components[component.name] = .any
        continue
      }
      let count = try component.count()
      guard count <= 255 else { throw component.failure("'\(count)' is more than a security version can be (255)") }
      components[component.name] = .version(Int(count))
    }
    guard !components.isEmpty else { throw member.failure("names no component; write 'any' if no version is too old") }
    return .components(components)
  }

  private static func references(_ member: YAMLMember) throws(StrictYAMLError) -> ReferenceValues {
    if member.scalar == "any" { return .any }
    var entries: [[String: ReferenceValue]] = []
    for element in try member.elements() {
      var values: [String: ReferenceValue] = [:]
      for value in try element.members() {
        values[value.name] =
          value.scalar == "any" ? .any : .digest(try value.digest(bytes: [2, 4, 8, 16, 20, 32, 48, 64], "a digest, or 'any'"))
      }
      guard !values.isEmpty else { throw element.failure("an entry names no measurement; write 'reference-values: any' if none matters") }
      entries.append(values)
    }
    return .oneOf(entries)
  }
}

extension ImageTerms {
  fileprivate init(_ member: YAMLMember) throws(StrictYAMLError) {
    let members = try member.members(known: ["measurement", "signer"])
    guard let only = members.first, members.count == 1 else {
      throw member.failure("each entry is either a measurement or a signer")
    }
    self =
      only.name == "measurement"
      ? .measurement(try only.digest(bytes: [48], "what 'coffer measure' prints (SHA-384)"))
      : .signer(try only.digest(bytes: [32], "the SHA-256 of a SubjectPublicKeyInfo"))
  }
}

extension ManifestTerms {
  private enum Forbidden: String, CaseIterable { case none }

  fileprivate init(_ member: YAMLMember) throws(StrictYAMLError) {
    self.init()
    for inner in try member.members(known: ["network", "host-directories", "host-arguments", "host-environment"]) {
      let forbids = try inner.choice() as Forbidden == .none
      switch inner.name {
      case "network": forbidsNetwork = forbids
      case "host-directories": forbidsHostDirectories = forbids
      case "host-arguments": forbidsHostArguments = forbids
      default: forbidsHostEnvironment = forbids
      }
    }
  }
}

extension YAMLMember {
  fileprivate func digest(bytes counts: [Int], _ what: String) throws(StrictYAMLError) -> [UInt8] {
    let text = try string()
    guard let bytes = bytes(hexadecimal: text), counts.contains(bytes.count) else {
      throw failure("'\(text)' is not \(what), in hexadecimal; quote it if it is digits only")
    }
    return bytes
  }

  fileprivate func seconds() throws(StrictYAMLError) -> TimeInterval {
    let text = try string()
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
    for (suffix, scale) in units where text.hasSuffix(suffix) {
      if let value = UInt32(text.dropLast(suffix.count)) { return Double(value) * scale }
    }
    throw failure("'\(text)' is no time; write it as 90s, 5m, 3h or 30d")
  }
}
