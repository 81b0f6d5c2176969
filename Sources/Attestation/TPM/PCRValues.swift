/// Values of platform configuration registers, by bank and index. Nobody signed them: a quote's digest tells whether they are the TPM's.
public struct PCRValues: Sendable, Equatable {
  public private(set) var banks: [TPMAlgorithm: [Int: [UInt8]]] = [:]

  public init() {}

  public subscript(bank: TPMAlgorithm, index: Int) -> [UInt8]? {
    get { banks[bank]?[index] }
    set { banks[bank, default: [:]][index] = newValue }
  }

  public var isEmpty: Bool { banks.isEmpty }

  /// The hash over the selected registers' values, as TPM2_Quote makes it; nil if one is missing.
  func digest(_ selections: [PCRSelection], _ hash: SignatureScheme.Hash) -> [UInt8]? {
    var bytes: [UInt8] = []
    for selection in selections {
      for index in selection.indices {
        guard let value = self[selection.bank, index] else { return nil }
        bytes += value
      }
    }
    return hash.digest(bytes)
  }

  mutating func set(_ value: [UInt8], _ bank: TPMAlgorithm, _ index: Int, of structure: String) throws(MalformedEvidence) {
    guard let length = bank.digestLength, value.count == length else {
      throw MalformedEvidence(
        "\(structure), \(bank.name) PCR \(index)", found: "\(value.count) bytes",
        wanted: bank.digestLength.map { "\($0)" } ?? "a bank of a known hash")
    }
    guard (0..<PCRSelection.maximumSize * 8).contains(index), self[bank, index] == nil else {
      throw MalformedEvidence("\(structure), \(bank.name) PCR", found: "\(index)", wanted: "0 to 31, each once")
    }
    self[bank, index] = value
  }
}

extension PCRValues {
  /// What `tpm2_quote -o` writes by default: the C structures TPML_PCR_SELECTION and an array of TPML_DIGEST, each of fixed size, in the byte
  /// order of the machines that it runs on.
  init(serialized reader: inout ByteReader) throws(MalformedEvidence) {
    let structure = reader.structure
    let count = try reader.littleEndian(UInt32.self, "number of banks")
    guard (1...UInt32(PCRSelection.maximumBanks)).contains(count) else {
      throw MalformedEvidence("\(structure), number of banks", found: "\(count)", wanted: "1 to \(PCRSelection.maximumBanks)")
    }
    var wanted: [(TPMAlgorithm, Int)] = []
    for bank in 0..<UInt32(PCRSelection.maximumBanks) {
      let algorithm = TPMAlgorithm(rawValue: try reader.littleEndian(UInt16.self, "bank"))
      let size = Int(try reader.littleEndian(UInt8.self, "size of the selection"))
      let bits = try reader.slice(PCRSelection.maximumSize, "selection")
      try reader.skip(1, "padding")
      guard bank < count else { continue }
      wanted += PCRSelection(algorithm, bits: bits.prefix(size)).indices.map { (algorithm, $0) }
    }
    let lists = try reader.littleEndian(UInt32.self, "number of lists")
    guard lists <= UInt32(PCRSelection.maximumBanks * 4) else {
      throw MalformedEvidence("\(structure), number of lists", found: "\(lists)", wanted: "at most \(PCRSelection.maximumBanks * 4)")
    }
    var values: [[UInt8]] = []
    for _ in 0..<lists {
      let used = try reader.littleEndian(UInt32.self, "number of digests")
      guard used <= 8 else { throw MalformedEvidence("\(structure), number of digests", found: "\(used)", wanted: "at most 8") }
      for place in 0..<UInt32(8) {
        let size = Int(try reader.littleEndian(UInt16.self, "size of a digest"))
        let buffer = try reader.slice(64, "digest")
        guard place < used else { continue }
        guard size <= 64 else { throw MalformedEvidence("\(structure), size of a digest", found: "\(size)", wanted: "at most 64") }
        values.append(Array(buffer.prefix(size)))
      }
    }
    guard values.count == wanted.count else {
      throw MalformedEvidence(structure, found: "\(values.count) values", wanted: "\(wanted.count), as selected")
    }
    for ((bank, index), value) in zip(wanted, values) { try set(value, bank, index, of: structure) }
  }

  /// What `tpm2_pcrread` prints: a line with the bank's name, then a line with index and value for each register.
  init(text: String) throws(MalformedEvidence) {
    var bank: TPMAlgorithm?
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { part in
        String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      guard parts.count == 2 else {
        if parts.first?.isEmpty == true { continue }
        throw MalformedEvidence(
          "PCR values", found: "a line without a colon", wanted: "\"sha256:\" or \"0 : 0x...\", as tpm2_pcrread prints")
      }
      if parts[1].isEmpty, let named = TPMAlgorithm(hashNamed: parts[0]) {
        bank = named
      } else if let bank, let index = Int(parts[0]), parts[1].hasPrefix("0x"),
        let value = Attestation.bytes(hexadecimal: parts[1].dropFirst(2))
      {
        try set(value, bank, index, of: "PCR values")
      } else {
        throw MalformedEvidence(
          "PCR values", found: "a line of another form", wanted: "\"sha256:\" or \"0 : 0x...\", as tpm2_pcrread prints")
      }
    }
  }

  /// The text begins with a bank's name and a colon.
  static func resemblesText(_ bytes: [UInt8]) -> Bool {
    let first = bytes.drop { $0.isWhitespace }.prefix(16).prefix { $0 != UInt8(ascii: ":") }
    return TPMAlgorithm(hashNamed: String(decoding: first, as: UTF8.self)) != nil
  }

  /// The serialized form's count, and its size: a multiple of the lists'.
  static func resemblesSerialized(_ bytes: [UInt8]) -> Bool {
    bytes.count > 136 && (bytes.count - 136) % 532 == 0 && (1...16).contains(bytes[0]) && bytes[1...3].allSatisfy { $0 == 0 }
  }
}
