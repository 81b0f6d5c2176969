import Foundation

/// Which security versions of a kind of platform are good (Intel PCS, TCB Info version 3, and version 2 for SGX), decoded but not judged.
public struct TCBInformation: Sendable, Decodable {
  /// A level: all versions at least these.
  public struct Level: Sendable {
    /// Of 16 components, as the PCK certificate names them.
    public let components: [UInt8]
    public let pceSVN: UInt16
    /// Of 16 components, as a TD report names them.
    public let tdxComponents: [UInt8]?
    public let date: Date
    public let status: TCBStatus
    public let advisories: [String]
  }

  /// A TDX module: who signed it and with what attributes.
  public struct Module: Sendable, Decodable {
    public let signer: [UInt8]
    public let attributes: [UInt8]
    public let attributesMask: [UInt8]

    private enum Key: String, CodingKey { case mrsigner, attributes, attributesMask }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      signer = try container.bytes(.mrsigner, count: 48)
      attributes = try container.bytes(.attributes, count: 8)
      attributesMask = try container.bytes(.attributesMask, count: 8)
    }
  }

  /// A TDX module of one major version, such as `TDX_01`, and the levels of its minor versions.
  public struct ModuleIdentity: Sendable, Decodable {
    public let id: String
    public let module: Module
    public let levels: [EnclaveLevel]

    private enum Key: String, CodingKey { case id, tcbLevels }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      id = try container.decode(String.self, forKey: .id)
      levels = try container.decode([EnclaveLevel].self, forKey: .tcbLevels)
      module = try Module(from: decoder)
    }
  }

  public let version: Int
  /// `SGX` or `TDX`; version 2 has none and is of SGX.
  public let id: String
  public let issueDate: Date
  public let nextUpdate: Date
  public let fmspc: [UInt8]
  public let pceID: [UInt8]
  public let evaluationDataNumber: Int
  public let module: Module?
  public let moduleIdentities: [ModuleIdentity]
  /// The best first.
  public let levels: [Level]

  private enum Key: String, CodingKey {
    case version, id, issueDate, nextUpdate, fmspc, pceId, tcbType, tcbEvaluationDataNumber, tdxModule, tdxModuleIdentities, tcbLevels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    version = try container.decode(Int.self, forKey: .version)
    guard version == 2 || version == 3 else {
      throw DecodingError.dataCorruptedError(forKey: .version, in: container, debugDescription: "\(version), not 2 or 3")
    }
    id = version == 2 ? "SGX" : try container.decode(String.self, forKey: .id)
    issueDate = try container.time(.issueDate)
    nextUpdate = try container.time(.nextUpdate)
    fmspc = try container.bytes(.fmspc, count: 6)
    pceID = try container.bytes(.pceId, count: 2)
    // Which comparison to make of the versions; there is one.
    guard try container.decode(Int.self, forKey: .tcbType) == 0 else {
      throw DecodingError.dataCorruptedError(forKey: .tcbType, in: container, debugDescription: "not 0")
    }
    evaluationDataNumber = try container.decode(Int.self, forKey: .tcbEvaluationDataNumber)
    module = try container.decodeIfPresent(Module.self, forKey: .tdxModule)
    moduleIdentities = try container.decodeIfPresent([ModuleIdentity].self, forKey: .tdxModuleIdentities) ?? []
    levels = try container.decode([Level].self, forKey: .tcbLevels)
  }
}

extension TCBInformation.Level: Decodable {
  private enum Key: String, CodingKey { case tcb, tcbDate, tcbStatus, advisoryIDs }
  private enum VersionsKey: String, CodingKey { case sgxtcbcomponents, tdxtcbcomponents, pcesvn }
  private struct Component: Decodable { let svn: UInt8 }

  /// The names of version 2: `sgxtcbcomp01svn` to `sgxtcbcomp16svn`.
  private struct NumberedKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ number: Int) { stringValue = "sgxtcbcomp\(number < 10 ? "0" : "")\(number)svn" }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let versions = try container.nestedContainer(keyedBy: VersionsKey.self, forKey: .tcb)
    func components(_ key: VersionsKey) throws -> [UInt8] {
      let components = try versions.decode([Component].self, forKey: key)
      guard components.count == 16 else {
        throw DecodingError.dataCorruptedError(forKey: key, in: versions, debugDescription: "\(components.count), not 16")
      }
      return components.map(\.svn)
    }
    if versions.contains(.sgxtcbcomponents) {
      self.components = try components(.sgxtcbcomponents)
    } else {
      let numbered = try container.nestedContainer(keyedBy: NumberedKey.self, forKey: .tcb)
      self.components = try (1...16).map { try numbered.decode(UInt8.self, forKey: NumberedKey($0)) }
    }
    tdxComponents = versions.contains(.tdxtcbcomponents) ? try components(.tdxtcbcomponents) : nil
    pceSVN = try versions.decode(UInt16.self, forKey: .pcesvn)
    date = try container.time(.tcbDate)
    status = try container.decode(TCBStatus.self, forKey: .tcbStatus)
    advisories = try container.decodeIfPresent([String].self, forKey: .advisoryIDs) ?? []
  }
}
