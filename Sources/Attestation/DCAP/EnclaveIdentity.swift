import Foundation

/// A level of an enclave or a TDX module: its security version at least this.
public struct EnclaveLevel: Sendable, Decodable {
  public let securityVersion: UInt16
  public let date: Date
  public let status: TCBStatus
  public let advisories: [String]

  private enum Key: String, CodingKey { case tcb, tcbDate, tcbStatus, advisoryIDs }
  private struct Versions: Decodable { let isvsvn: UInt16 }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    securityVersion = try container.decode(Versions.self, forKey: .tcb).isvsvn
    date = try container.time(.tcbDate)
    status = try container.decode(TCBStatus.self, forKey: .tcbStatus)
    advisories = try container.decodeIfPresent([String].self, forKey: .advisoryIDs) ?? []
  }
}

/// What Intel's quoting enclave is (Intel PCS, Enclave Identity version 2), decoded but not judged.
public struct EnclaveIdentity: Sendable, Decodable {
  /// `QE` for SGX, `TD_QE` for TDX.
  public let id: String
  public let issueDate: Date
  public let nextUpdate: Date
  public let evaluationDataNumber: Int
  public let miscSelect: [UInt8]
  public let miscSelectMask: [UInt8]
  public let attributes: [UInt8]
  public let attributesMask: [UInt8]
  public let mrSigner: [UInt8]
  public let productID: UInt16
  /// The best first.
  public let levels: [EnclaveLevel]

  private enum Key: String, CodingKey {
    case id, version, issueDate, nextUpdate, tcbEvaluationDataNumber, miscselect, miscselectMask, attributes, attributesMask, mrsigner
    case isvprodid, tcbLevels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let version = try container.decode(Int.self, forKey: .version)
    guard version == 2 else {
      throw DecodingError.dataCorruptedError(forKey: .version, in: container, debugDescription: "\(version), not 2")
    }
    id = try container.decode(String.self, forKey: .id)
    issueDate = try container.time(.issueDate)
    nextUpdate = try container.time(.nextUpdate)
    evaluationDataNumber = try container.decode(Int.self, forKey: .tcbEvaluationDataNumber)
    miscSelect = try container.bytes(.miscselect, count: 4)
    miscSelectMask = try container.bytes(.miscselectMask, count: 4)
    attributes = try container.bytes(.attributes, count: 16)
    attributesMask = try container.bytes(.attributesMask, count: 16)
    mrSigner = try container.bytes(.mrsigner, count: 32)
    productID = try container.decode(UInt16.self, forKey: .isvprodid)
    levels = try container.decode([EnclaveLevel].self, forKey: .tcbLevels)
  }
}
