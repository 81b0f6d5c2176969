import Synchronization

/// A TPM 2.0: what started on this machine, signed by a key that never leaves it. It keeps no memory secret.
public final class TPMPlatform: Platform {
  /// The registers of firmware, boot loader and system. Not 10, where Linux's IMA counts each file that is opened: it would seldom stand still.
  static let registers = PCRSet(Array(0...9) + Array(11...14))
  /// Until the registers stand still between reading and quoting.
  private static let attempts = 5

  public var name: String { "tpm" }
  public var binding: BindingLength { .sha256 }

  private let session: Mutex<Session>
  private let eventLog: EventLogFile?

  /// - Parameter path: the device, or a socket of swtpm, which knows nothing of how this machine has started.
  public convenience init(path: String? = nil) throws(PlatformError) {
    try self.init(connection: try TPMDescriptor(path: path ?? TPMDescriptor.standardDevice), eventLog: path == nil ? .standard : nil)
  }

  package init(connection: sending any TPMConnection, eventLog: EventLogFile? = nil) throws(PlatformError) {
    session = Mutex(try Session(connection))
    self.eventLog = eventLog
  }

  /// The attestation key (TPM2B_PUBLIC), whose fingerprint a policy may pin.
  public var attestationKey: [UInt8] { session.withLock { $0.publicArea } }

  public func report(binding: [UInt8]) throws(PlatformError) -> PlatformReport {
    guard binding.count == self.binding.rawValue else {
      throw PlatformError(.failed, "\(binding.count) bytes to bind", "give \(self.binding.rawValue)")
    }
    let quote = try session.withLock { (session) throws(PlatformError) in try session.quote(binding) }
    var members: [(String, CBORItem)] = [
      ("attest", .bytes(quote.attest)), ("signature", .bytes(quote.signature)), ("key", .bytes(quote.key)),
      ("pcrs", .members([(11, .members(quote.values.map { ($0.key, .bytes($0.value)) }))])),
    ]
    if let log = eventLog?.contents { members.append(("event-log", .bytes(log))) }
    return PlatformReport(format: "tpm-quote", evidence: CBORItem.members(members).encoded)
  }

  private struct Quote {
    var attest: [UInt8]
    var signature: [UInt8]
    var key: [UInt8]
    var values: [Int: [UInt8]]
  }

  /// A connection and the key that was made over it. Without a resource manager the key takes one of a TPM's few places: it goes with the session.
  private final class Session {
    private let commands: TPMCommands
    private let key: UInt32
    let publicArea: [UInt8]

    init(_ connection: any TPMConnection) throws(PlatformError) {
      commands = TPMCommands(connection)
      (key, publicArea) = try commands.createPrimary(TPMKeyTemplate.attestationKey, hierarchy: .endorsement)
    }

    deinit { try? commands.flush(key) }

    func quote(_ binding: [UInt8]) throws(PlatformError) -> Quote {
      for _ in 0..<TPMPlatform.attempts {
        let before = try readAll()
        let quote = try commands.quote(TPMPlatform.registers, by: key, carrying: binding)
        guard try readAll().changes == before.changes else { continue }
        guard quote.attest.firstRange(of: binding) != nil else {
          throw PlatformError(
            .foreignReport, "the TPM's quote does not carry the \(binding.count) bytes that it was to carry",
            "ask again; if it stays so, something between changes what the TPM is asked")
        }
        return Quote(attest: quote.attest, signature: quote.signature, key: publicArea, values: before.values)
      }
      throw PlatformError(
        .failed, "the TPM's registers changed during each of \(TPMPlatform.attempts) quotes", "ask again when the system has started")
    }

    private func readAll() throws(PlatformError) -> (values: [Int: [UInt8]], changes: UInt32) {
      let wanted = TPMPlatform.registers.indices
      var values: [Int: [UInt8]] = [:]
      var changes: UInt32?
      // As many readings as there are registers are enough for a TPM that gives one at a time.
      for _ in wanted {
        let (more, count) = try commands.read(PCRSet(wanted.filter { values[$0] == nil }))
        guard !more.isEmpty else {
          throw PlatformError(.failed, "the TPM has no registers of SHA-256", "let its firmware allocate the SHA-256 bank")
        }
        // A change between two readings makes the earlier worthless.
        if changes != count { values = [:] }
        changes = count
        values.merge(more) { $1 }
        if values.count == wanted.count { return (values, count) }
      }
      throw PlatformError(.failed, "the TPM's registers change faster than they can be read", "ask again when the system has started")
    }
  }
}
