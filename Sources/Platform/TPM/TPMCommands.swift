/// The few commands that a quote takes.
struct TPMCommands {
  private let connection: any TPMConnection
  private static let attempts = 5

  init(_ connection: any TPMConnection) { self.connection = connection }

  /// Sends a command; one that is to be sent again is sent again.
  private func perform(_ command: TPMCommand) throws(PlatformError) -> TPMAnswer {
    for _ in 0..<Self.attempts {
      let answer = try TPMAnswer(try connection.exchange(command.encoded))
      if answer.code == 0 { return answer }
      guard TPMFailure.isTemporary(answer.code) else { throw TPMFailure.error(answer.code, command.code) }
    }
    throw PlatformError(.silent, "\(command.code): the TPM asked \(Self.attempts) times for more time", "try again")
  }

  /// A command with an authorisation has its answer's length before it and a session's end behind it.
  private func parameters(_ answer: inout TPMAnswer) throws(PlatformError) -> Int {
    let size = Int(clamping: try answer.word("parameters, size"))
    guard size <= answer.remaining else { throw TPMAnswer.malformed("\(size) bytes of parameters in \(answer.remaining)") }
    return size
  }

  /// A primary key, which a TPM derives from its hierarchy's seed and the template alone: the same one after each start.
  /// - Returns: its handle, and its public area (TPM2B_PUBLIC).
  func createPrimary(_ publicArea: [UInt8], hierarchy: TPMHierarchy) throws(PlatformError) -> (handle: UInt32, publicArea: [UInt8]) {
    var command = TPMCommand(.createPrimary, authorising: hierarchy.rawValue)
    // No password, and no data.
    command.put(sized: [0, 0, 0, 0])
    command.put(sized: publicArea)
    command.put(sized: [])
    command.put(UInt32(0))
    var answer = try perform(command)
    let handle = try answer.word("a key's handle")
    _ = try parameters(&answer)
    let area = try answer.sized("a key's public area", atMost: 1024)
    return (handle, [UInt8(truncatingIfNeeded: area.count >> 8), UInt8(truncatingIfNeeded: area.count)] + area)
  }

  func flush(_ handle: UInt32) throws(PlatformError) {
    var command = TPMCommand(.flushContext)
    command.put(handle)
    _ = try perform(command)
  }

  /// - Returns: TPMS_ATTEST, and TPMT_SIGNATURE.
  func quote(_ selection: PCRSet, by key: UInt32, carrying data: [UInt8]) throws(PlatformError) -> (attest: [UInt8], signature: [UInt8]) {
    var command = TPMCommand(.quote, authorising: key)
    command.put(sized: data)
    // The key's own scheme.
    command.put(UInt16(0x10))
    command.put(selection.encoded)
    var answer = try perform(command)
    let size = try parameters(&answer)
    let attest = try answer.sized("a quote", atMost: 2048)
    let rest = size - attest.count - 2
    guard rest > 0 else { throw TPMAnswer.malformed("a quote without a signature") }
    return (attest, try answer.take(rest, "a quote's signature"))
  }

  /// Values of registers, as far as the TPM gives them at once (eight), and how often registers were changed until then.
  func read(_ selection: PCRSet) throws(PlatformError) -> (values: [Int: [UInt8]], changes: UInt32) {
    var command = TPMCommand(.pcrRead)
    command.put(selection.encoded)
    var answer = try perform(command)
    let changes = try answer.word("the count of changes")
    let given = try PCRSet(&answer)
    let count = try answer.word("the count of values")
    guard given.isSubset(of: selection), Int(clamping: count) == given.indices.count else {
      throw TPMAnswer.malformed("\(count) values for registers \(given.indices), asked for \(selection.indices)")
    }
    var values: [Int: [UInt8]] = [:]
    for index in given.indices {
      let value = try answer.sized("register \(index)", atMost: PCRSet.digestSize)
      guard value.count == PCRSet.digestSize else { throw TPMAnswer.malformed("register \(index) with \(value.count) bytes") }
      values[index] = value
    }
    return (values, changes)
  }
}

enum TPMHierarchy: UInt32 {
  case endorsement = 0x4000_000B
}
