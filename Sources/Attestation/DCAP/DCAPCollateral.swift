/// Intel's collateral for a quote (DCAP): TCB information, the quoting enclave's identity, and the chains and lists to judge them by.
public struct DCAPCollateral: Sendable {
  public init(json bytes: [UInt8]) throws(MalformedEvidence) {
    throw MalformedEvidence("collateral", found: "JSON", wanted: "another")
  }
}
