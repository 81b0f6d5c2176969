/// Intel's comparison of a platform with its collateral (PCS documentation, "TCB Info"; TDX's module identities), apart from signatures.
struct TCBAppraisal {
  /// A part of the platform, judged.
  struct Judgement {
    var status: TCBStatus
    var advisories: [String]
    /// The level that it reaches, in words.
    var level: String
  }

  /// A part that no level of the collateral covers, or that is another's.
  struct Mismatch: Error {
    var found: String
    var wanted: String
  }

  /// The first level whose every version the platform reaches.
  /// - Parameter versions: of a trust domain's TDX module and its kin (TEE_TCB_SVN); nil for enclaves.
  static func platform(_ platform: PCKPlatform, _ versions: [UInt8]?, in information: TCBInformation) throws(Mismatch) -> Judgement {
    for level in information.levels {
      guard reaches(platform.components[...], level.components[...]), platform.pceSVN >= level.pceSVN else { continue }
      if let versions {
        guard let components = level.tdxComponents else { continue }
        // From major version 1 on, the module's own versions, the first two, are judged by its identity.
        let first = versions[1] > 0 ? 2 : 0
        guard reaches(versions[first...], components[first...]) else { continue }
      }
      return Judgement(status: level.status, advisories: level.advisories, level: "the level of \(timestamp(level.date))")
    }
    var found = "components \(hexadecimal(platform.components)), PCE \(platform.pceSVN)"
    if let versions { found += ", TDX \(hexadecimal(versions))" }
    throw Mismatch(found: found, wanted: "one of \(information.levels.count) levels of the TCB info")
  }

  /// The TDX module: its signer and attributes, and from major version 1 on its level. Nil where its level is the platform's.
  static func module(_ report: TDReport, _ versions: [UInt8], in information: TCBInformation) throws(Mismatch) -> Judgement? {
    let (minor, major) = (versions[0], versions[1])
    guard major > 0 else {
      guard let module = information.module else { throw Mismatch(found: "TCB info without a TDX module", wanted: "the TDX module") }
      try check(report, module, "the TDX module")
      return nil
    }
    let id = "TDX_\(hexadecimal([major]))"
    guard let identity = information.moduleIdentities.first(where: { $0.id.lowercased() == id.lowercased() }) else {
      throw Mismatch(
        found: "a TDX module of version \(id)", wanted: "one of \(information.moduleIdentities.map(\.id).joined(separator: ", "))")
    }
    try check(report, identity.module, id)
    return try enclave(UInt16(minor), identity.levels, id)
  }

  /// An enclave's or module's level: the first that its version reaches.
  static func enclave(_ version: UInt16, _ levels: [EnclaveLevel], _ name: String) throws(Mismatch) -> Judgement {
    guard let level = levels.first(where: { version >= $0.securityVersion }) else {
      let least = levels.map(\.securityVersion).min().map { "at least \($0)" }
      throw Mismatch(found: "\(name) of security version \(version)", wanted: least ?? "a level for it")
    }
    return Judgement(
      status: level.status, advisories: level.advisories,
      level: "\(name) of security version \(version), the level of \(timestamp(level.date))")
  }

  /// Whether the quoting enclave is the one that the identity describes.
  static func check(_ enclave: EnclaveReport, _ identity: EnclaveIdentity) throws(Mismatch) {
    try check("MRSIGNER", enclave.mrSigner, identity.mrSigner)
    guard enclave.productID == identity.productID else {
      throw Mismatch(found: "ISVPRODID \(enclave.productID)", wanted: "\(identity.productID)")
    }
    try check("MISCSELECT", enclave.miscSelect, identity.miscSelect, mask: identity.miscSelectMask)
    try check("ATTRIBUTES", enclave.attributes, identity.attributes, mask: identity.attributesMask)
  }

  private static func check(_ report: TDReport, _ module: TCBInformation.Module, _ name: String) throws(Mismatch) {
    try check("MRSIGNERSEAM of \(name)", report.mrSignerSeam, module.signer)
    try check("SEAMATTRIBUTES of \(name)", report.seamAttributes, module.attributes, mask: module.attributesMask)
  }

  private static func check(_ name: String, _ found: [UInt8], _ wanted: [UInt8], mask: [UInt8]? = nil) throws(Mismatch) {
    let mask = mask ?? [UInt8](repeating: 0xff, count: found.count)
    guard found.count == mask.count, wanted.elementsEqual(zip(found, mask).map { $0 & $1 }) else {
      throw Mismatch(
        found: "\(name) \(hexadecimal(found))",
        wanted: hexadecimal(wanted) + (mask.contains { $0 != 0xff } ? " under the mask \(hexadecimal(mask))" : ""))
    }
  }

  private static func reaches(_ found: ArraySlice<UInt8>, _ wanted: ArraySlice<UInt8>) -> Bool {
    found.count == wanted.count && zip(found, wanted).allSatisfy { $0 >= $1 }
  }
}
