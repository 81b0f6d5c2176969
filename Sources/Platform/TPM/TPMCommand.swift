/// A command to a TPM, built field by field (TPM 2.0 Part 1, 18; all numbers are big-endian).
package struct TPMCommand: Sendable {
  package enum Code: UInt32, Sendable {
    case createPrimary = 0x131
    case quote = 0x158
    case flushContext = 0x165
    case pcrRead = 0x17E
  }

  /// How long a command or an answer may be (TPM2_PT_MAX_COMMAND_SIZE of all that are known; Linux takes no longer ones).
  package static let limit = 4096
  static let headSize = 10

  package let code: Code
  private var body: [UInt8] = []
  private let isAuthorised: Bool

  /// - Parameter handle: what the command is about; with it comes an authorisation by an empty password.
  init(_ code: Code, authorising handle: UInt32? = nil) {
    self.code = code
    isAuthorised = handle != nil
    guard let handle else { return }
    put(handle)
    // TPM_RS_PW with no nonce, no attributes and no password.
    put(UInt32(9))
    put(UInt32(0x4000_0009))
    put(UInt16(0))
    body.append(0)
    put(UInt16(0))
  }

  mutating func put<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { body += $0 }
  }

  mutating func put(_ bytes: [UInt8]) { body += bytes }

  /// A size of two bytes, then the bytes (TPM2B). There is nothing longer here than a public area.
  mutating func put(sized bytes: [UInt8]) {
    put(UInt16(truncatingIfNeeded: bytes.count))
    body += bytes
  }

  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func add<Number: FixedWidthInteger>(_ number: Number) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
    add(isAuthorised ? UInt16(0x8002) : UInt16(0x8001))
    add(UInt32(truncatingIfNeeded: Self.headSize + body.count))
    add(code.rawValue)
    return bytes + body
  }
}
