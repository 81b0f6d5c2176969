import Crypto

/// What carries reports of SEV-SNP: the certificate table of an extended report, and Azure's blob.
public enum SNPEnvelopes {
  public enum Kind: String, Sendable, CaseIterable {
    case vcek = "63da758d-e664-4564-adc5-f4b93be8accd"
    case vlek = "a8074bc2-a25a-483e-aae6-39c045a0b8a1"
    case issuer = "4ab7b379-bbac-4fe4-a02f-05aef327c782"
    case root = "c0b406a4-a803-4952-9743-3fb6014cd0ae"
    case revocationList = "92f81bc3-5811-4d3d-97ff-d19f88dc67ea"

    var guid: [UInt8] {
      let digits = rawValue.utf8.filter { $0 != UInt8(ascii: "-") }.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
      return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
  }

  /// The table and the certificates after it.
  public static func certificateTable(_ entries: [(kind: Kind, bytes: [UInt8])]) -> [UInt8] {
    var table: [UInt8] = []
    var data: [UInt8] = []
    let start = (entries.count + 1) * 24
    for entry in entries {
      table += entry.kind.guid + little(UInt32(start + data.count)) + little(UInt32(entry.bytes.count))
      data += entry.bytes
    }
    return table + [UInt8](repeating: 0, count: 24) + data
  }

  /// A report in Azure's blob, with runtime data; REPORT_DATA of the report must begin with the JSON's SHA-256.
  public static func azureBlob(report: [UInt8], runtimeData json: [UInt8]) -> [UInt8] {
    let about: [UInt32] = [UInt32(20 + json.count), 1, 2, 1, UInt32(json.count)]
    let data = about.flatMap { little($0) } + json
    let numbers: [UInt32] = [1, UInt32(32 + report.count + data.count), 2, 0, 0, 0, 0]
    let header = Array("HCLA".utf8) + numbers.flatMap { little($0) }
    // As long as the TPM's index.
    let blob = header + report + data
    return blob + [UInt8](repeating: 0, count: max(0, 2600 - blob.count))
  }

  /// REPORT_DATA for this runtime data.
  public static func azureReportData(_ json: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: json)) + [UInt8](repeating: 0, count: 32) }
}
