import Foundation

/// The names under which attestation services hand evidence about in JSON, the more telling first: Azure's answers of a TDX machine hold
/// a blob beside the quote, and only the quote can be judged.
public let evidenceNames = [
  "quote", "td_quote", "tdx_quote", "sgx_quote", "hcl_report", "attestation_report", "report", "attestation_document", "document",
  "evidence",
]

/// The evidence in a JSON object, of text digits or an array of bytes; nil when the bytes are no such object.
///
/// Only what is recognised as evidence is taken, so a name says nothing by itself. The rest of the object is not evidence and is left
/// out: certificates in it are given with the file as collateral.
func evidence(inJSON bytes: [UInt8], depth: Int = 0) -> [UInt8]? {
  guard depth < maximumWrappers, bytes.first(where: { !$0.isWhitespace }) == UInt8(ascii: "{"),
    let members = try? JSONScanner.members(of: bytes[...], "evidence")
  else { return nil }
  for name in evidenceNames {
    guard let member = members.first(where: { $0.name == name }), let held = heldBytes(member.value) else { continue }
    if EvidenceFormat.detect(held) != nil { return held }
  }
  // `{"tdx": {"quote": "..."}}`, `{"platform": "snp", "evidence": {...}}`
  for member in members where member.value.first == UInt8(ascii: "{") {
    if let found = evidence(inJSON: Array(member.value), depth: depth + 1) { return found }
  }
  return nil
}

/// What services nest: a platform's name, then the evidence.
private let maximumWrappers = 3

/// The bytes that a JSON value stands for: a string of digits, or an array of numbers.
func heldBytes(_ value: ArraySlice<UInt8>) -> [UInt8]? {
  switch value.first {
  case UInt8(ascii: "\""): (try? JSONDecoder().decode(String.self, from: Data(value))).map { bytesOfDigits(Array($0.utf8)) }
  case UInt8(ascii: "["): try? JSONDecoder().decode([UInt8].self, from: Data(value))
  default: nil
  }
}
