import Foundation

/// Makes Intel's collateral for a make-believe platform, and, for tests, wrong one.
public struct DCAPCollateralMaker: Sendable {
  /// How the pieces stand in one file.
  public enum Shape: Sendable, CaseIterable {
    /// The signed text as a string, its signature beside it.
    case texts
    /// Intel's whole answer, as a string.
    case answersAsText
    /// Intel's whole answer, as an object.
    case answers
  }

  /// How the revocation list stands in the collateral: services hand it out in each of these forms.
  public enum ListEncoding: Sendable, CaseIterable { case hexadecimal, base64, pem }

  /// A level of the TCB with its standing (Intel's `tcbLevels`).
  public struct Level: Sendable {
    public var components: [UInt8] = [2, 2, 2, 2, 3, 1, 0, 5] + [UInt8](repeating: 0, count: 8)
    public var pceSVN = 11
    public var tdxComponents: [UInt8] = [5, 0, 2] + [UInt8](repeating: 0, count: 13)
    public var status = "UpToDate"
    public var advisories: [String] = []
    public init() {}
    public init(status: String, advisories: [String] = []) { (self.status, self.advisories) = (status, advisories) }
  }

  /// Of a quoting enclave or a TDX module.
  public struct EnclaveLevel: Sendable {
    public var securityVersion: Int
    public var status: String
    public var advisories: [String]
    public init(_ securityVersion: Int, _ status: String, advisories: [String] = []) {
      (self.securityVersion, self.status, self.advisories) = (securityVersion, status, advisories)
    }
  }

  /// An identity of the TDX module (Intel's `tdxModuleIdentities`).
  public struct Module: Sendable {
    public var id: String
    public var signer = [UInt8](repeating: 0, count: 48)
    public var attributes = [UInt8](repeating: 0, count: 8)
    public var attributesMask = [UInt8](repeating: 0xff, count: 8)
    public var levels: [EnclaveLevel]
    public init(_ id: String, levels: [EnclaveLevel]) { (self.id, self.levels) = (id, levels) }
  }

  public var isTDX: Bool
  public var issueDate: Date
  public var nextUpdate: Date
  /// 2 only for SGX.
  public var tcbInfoVersion = 3
  public var evaluationDataNumber = 17
  public var fmspc: [UInt8]?
  public var pceID: [UInt8]?
  public var levels = [Level(), Level(status: "OutOfDate", advisories: ["INTEL-SA-00001"])]
  public var module = Module("", levels: [])
  public var modules = [Module("TDX_01", levels: [EnclaveLevel(4, "UpToDate"), EnclaveLevel(2, "OutOfDate")])]
  public var enclave = EnclaveReportMaker.quotingEnclave()
  public var enclaveIdentityID: String?
  public var enclaveLevels = [EnclaveLevel(4, "UpToDate"), EnclaveLevel(1, "OutOfDate", advisories: ["INTEL-SA-00002"])]
  public var revokedByRoot: [Int] = []
  public var revokedByPCKIssuer: [Int] = []
  public var shape = Shape.texts
  public var listEncoding = ListEncoding.hexadecimal
  /// Members left out, by their names.
  public var omitted: Set<String> = []
  /// Put last in the file, for quotes that hold no chain.
  public var holdsPCKChain = false

  public init(isTDX: Bool, issueDate: Date, nextUpdate: Date) {
    (self.isTDX, self.issueDate, self.nextUpdate) = (isTDX, issueDate, nextUpdate)
    levels[1].components = zeros(16)
    levels[1].pceSVN = 5
    levels[1].tdxComponents = zeros(16)
  }

  public func make(by authority: DCAPAuthority) throws -> [UInt8] {
    var members: [(String, String)] = []
    func add(_ name: String, _ value: String) { if !omitted.contains(name) { members.append((name, value)) } }
    func add(_ name: String, _ text: String, _ key: String) throws {
      let signature = hex(try authority.tcbSigner.key.rawSignature(Array(text.utf8)))
      let answer = "{\"\(key)\":\(text),\"signature\":\"\(signature)\"}"
      switch shape {
      case .texts:
        add(name, quoted(text))
        add("\(name)_signature", quoted(signature))
      case .answersAsText: add(name, quoted(answer))
      case .answers: add(name, answer)
      }
    }
    add("pck_crl_issuer_chain", quoted(try authority.pckIssuerChain()))
    add("root_ca_crl", quoted(try list(authority.root, revokedByRoot)))
    add("pck_crl", quoted(try list(authority.pckIssuer, revokedByPCKIssuer)))
    let signers = try authority.tcbSignerChain()
    add("tcb_info_issuer_chain", quoted(signers))
    try add("tcb_info", tcbInfo(for: authority.platform), "tcbInfo")
    add("qe_identity_issuer_chain", quoted(signers))
    try add("qe_identity", enclaveIdentity(), "enclaveIdentity")
    if holdsPCKChain { add("pck_certificate_chain", quoted(try authority.pckChain())) }
    return Array("{\(members.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ",\n"))}\n".utf8)
  }

  private func list(_ issuer: CertificateMaker, _ revoked: [Int]) throws -> String {
    let list = try issuer.revocationList(revoking: revoked, thisUpdate: issueDate, nextUpdate: nextUpdate)
    return switch listEncoding {
    case .hexadecimal: hex(list)
    case .base64: Data(list).base64EncodedString()
    case .pem: "-----BEGIN X509 CRL-----\n\(Data(list).base64EncodedString())\n-----END X509 CRL-----\n"
    }
  }
}
