/// Which platform configuration registers of one bank are meant (TPMS_PCR_SELECTION, TPM 2.0 Part 2, 10.6.2).
public struct PCRSelection: Sendable, Equatable {
  /// A selection has a bit a register; registers above these exist in no profile.
  public static let maximumSize = 4
  /// As many banks as the tools' structures have room for.
  public static let maximumBanks = 16

  public var bank: TPMAlgorithm
  /// Ascending.
  public var indices: [Int]

  public init(_ bank: TPMAlgorithm, _ indices: [Int]) { (self.bank, self.indices) = (bank, indices) }

  /// The registers whose bits are set, the first byte's least bit first.
  init(_ bank: TPMAlgorithm, bits: some Sequence<UInt8>) {
    self.bank = bank
    indices = bits.enumerated().flatMap { byte, bits in (0..<8).filter { bits >> UInt8($0) & 1 == 1 }.map { byte * 8 + $0 } }
  }

  /// Such as `sha256:0,4,7`, as tpm2-tools write it.
  public var description: String { "\(bank.name):\(indices.map(String.init).joined(separator: ","))" }

  /// TPML_PCR_SELECTION, in the order that the values were hashed in.
  static func list(_ reader: inout ByteReader) throws(MalformedEvidence) -> [PCRSelection] {
    let start = reader.offset
    let count = try reader.bigEndian(UInt32.self, "number of PCR banks")
    guard count <= UInt32(maximumBanks) else {
      throw MalformedEvidence(
        "\(reader.structure), number of PCR banks", found: "\(count)", wanted: "at most \(maximumBanks)", offset: start)
    }
    var selections: [PCRSelection] = []
    for _ in 0..<count {
      let start = reader.offset
      let bank = try reader.algorithm("PCR bank")
      let size = Int(try reader.bigEndian(UInt8.self, "size of the PCR selection"))
      guard (1...maximumSize).contains(size) else {
        throw MalformedEvidence(
          "\(reader.structure), size of the PCR selection", found: "\(size)", wanted: "1 to \(maximumSize)", offset: start + 2)
      }
      guard !selections.contains(where: { $0.bank == bank }) else {
        throw MalformedEvidence("\(reader.structure), PCR bank", found: "\(bank.name) twice", wanted: "each bank once", offset: start)
      }
      selections.append(PCRSelection(bank, bits: try reader.slice(size, "PCR selection")))
    }
    return selections
  }
}
