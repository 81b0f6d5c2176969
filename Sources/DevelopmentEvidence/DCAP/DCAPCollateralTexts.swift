import Foundation

/// The texts that Intel signs, laid out here by hand: what is signed is the text.
extension DCAPCollateralMaker {
  /// The body of TCB info.
  public func tcbInfo(for platform: DCAPPlatform) -> String {
    var members = tcbInfoVersion == 2 ? [] : ["\"id\":\"\(isTDX ? "TDX" : "SGX")\""]
    members += [
      "\"version\":\(tcbInfoVersion)", dates, "\"fmspc\":\"\(hex(fmspc ?? platform.fmspc).uppercased())\"",
      "\"pceId\":\"\(hex(pceID ?? platform.pceID))\"", "\"tcbType\":0", "\"tcbEvaluationDataNumber\":\(evaluationDataNumber)",
    ]
    if isTDX {
      members.append("\"tdxModule\":{\(identity(module))}")
      let identities = modules.map { "{\"id\":\"\($0.id)\",\(identity($0)),\"tcbLevels\":[\(list($0.levels))]}" }
      members.append("\"tdxModuleIdentities\":[\(identities.joined(separator: ","))]")
    }
    members.append("\"tcbLevels\":[\(levels.map(text).joined(separator: ","))]")
    return "{\(members.joined(separator: ","))}"
  }

  /// The body of the quoting enclave's identity. Its masks are Intel's: all attributes count but MODE64BIT and the features.
  public func enclaveIdentity() -> String {
    let members = [
      "\"id\":\"\(enclaveIdentityID ?? (isTDX ? "TD_QE" : "QE"))\"", "\"version\":2", dates,
      "\"tcbEvaluationDataNumber\":\(evaluationDataNumber)",
      "\"miscselect\":\"\(hex(enclave.miscSelect))\"", "\"miscselectMask\":\"FFFFFFFF\"",
      "\"attributes\":\"\(hex([enclave.attributes[0] & 0xfb] + enclave.attributes[1..<8] + zeros(8)))\"",
      "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\"", "\"mrsigner\":\"\(hex(enclave.mrSigner).uppercased())\"",
      "\"isvprodid\":\(enclave.productID)", "\"tcbLevels\":[\(list(enclaveLevels))]",
    ]
    return "{\(members.joined(separator: ","))}"
  }

  private var dates: String {
    "\"issueDate\":\"\(issueDate.formatted(.iso8601))\",\"nextUpdate\":\"\(nextUpdate.formatted(.iso8601))\""
  }

  private func identity(_ module: Module) -> String {
    "\"mrsigner\":\"\(hex(module.signer))\",\"attributes\":\"\(hex(module.attributes))\","
      + "\"attributesMask\":\"\(hex(module.attributesMask))\""
  }

  private func list(_ levels: [EnclaveLevel]) -> String {
    levels.map { "{\"tcb\":{\"isvsvn\":\($0.securityVersion)},\(judgement($0.status, $0.advisories))}" }.joined(separator: ",")
  }

  private func text(_ level: Level) -> String {
    var versions: [String]
    if tcbInfoVersion == 2 {
      versions = level.components.enumerated().map { "\"sgxtcbcomp\($0.offset < 9 ? "0" : "")\($0.offset + 1)svn\":\($0.element)" }
    } else {
      versions = ["\"sgxtcbcomponents\":[\(components(level.components))]"]
    }
    versions.append("\"pcesvn\":\(level.pceSVN)")
    if isTDX { versions.append("\"tdxtcbcomponents\":[\(components(level.tdxComponents))]") }
    return "{\"tcb\":{\(versions.joined(separator: ","))},\(judgement(level.status, level.advisories))}"
  }

  private func components(_ versions: [UInt8]) -> String { versions.map { "{\"svn\":\($0)}" }.joined(separator: ",") }

  private func judgement(_ status: String, _ advisories: [String]) -> String {
    let text = "\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"\(status)\""
    return advisories.isEmpty ? text : text + ",\"advisoryIDs\":[\(advisories.map(quoted).joined(separator: ","))]"
  }

  /// A JSON string.
  func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : String($0) }.joined() + "\""
  }

  func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
