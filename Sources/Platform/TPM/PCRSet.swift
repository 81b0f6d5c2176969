/// Registers of the SHA-256 bank (TPML_PCR_SELECTION with one entry).
struct PCRSet: Sendable, Equatable {
  static let digestSize = 32
  private static let sha256: UInt16 = 0x000B
  /// Registers that a PC's TPM has, three bytes of bits.
  private static let count = 24

  private(set) var bits: UInt32

  init(_ indices: some Sequence<Int>) {
    bits = indices.reduce(0) { (0..<Self.count).contains($1) ? $0 | 1 << UInt32($1) : $0 }
  }

  init(_ answer: inout TPMAnswer) throws(PlatformError) {
    let banks = try answer.word("the count of banks")
    guard banks <= 1 else { throw TPMAnswer.malformed("\(banks) banks of registers, asked for one") }
    bits = 0
    guard banks == 1 else { return }
    let hash = try answer.short("a bank's hash")
    guard hash == Self.sha256 else { throw TPMAnswer.malformed("registers of hash \(hash), asked for SHA-256") }
    let size = try answer.byte("a bank's bits")
    let bytes = try answer.take(Int(size), "a bank's bits")
    guard bytes.dropFirst(3).allSatisfy({ $0 == 0 }) else { throw TPMAnswer.malformed("registers beyond the 24th") }
    for (index, byte) in bytes.prefix(3).enumerated() { bits |= UInt32(byte) << UInt32(8 * index) }
  }

  var indices: [Int] { (0..<Self.count).filter { bits >> UInt32($0) & 1 == 1 } }

  func isSubset(of other: PCRSet) -> Bool { bits & ~other.bits == 0 }

  var encoded: [UInt8] {
    [0, 0, 0, 1, UInt8(Self.sha256 >> 8), UInt8(Self.sha256 & 0xFF), 3]
      + [0, 8, 16].map { UInt8(truncatingIfNeeded: bits >> $0) }
  }
}
