import FunctionCalls
import Testing

struct FrameTests {
  static let messages: [Frame] = [
    Frame(.call, flags: .inputEnds, number: 7, payload: CallHead(revision: 3, time: 5, environment: ["A=B", ""], arguments: ["x"], input: [1, 2]).payload),
    Frame(.ended, number: 7, payload: CallEnd(.trapped, start: .warm, status: 9, runTime: .max, memoryWasRefused: true, message: "é").payload),
    Frame(.load, number: 1, payload: RevisionLoad(measurement: Array(0..<48), name: "hello", memory: 1 << 30, isReused: true).payload),
    Frame(.loaded, number: 1, payload: RevisionLoaded(sharedBytes: 1, time: 2, obstacles: ["clock"]).payload),
    Frame(.stop, number: 2, payload: CallStop(call: 4).payload),
    Frame(.welcome, payload: MonitorWelcome(machine: "kvm", locks: ["seccomp"], missing: []).payload),
    Frame(.start, payload: MonitorOrder(slots: 32, machine: "kvm").payload),
    Frame(.attests, payload: AttesterWelcome(platform: "tpm", isForDevelopment: false, monitorDigest: Array(0..<48), notices: ["é"]).payload),
    Frame(.started, payload: MonitorStarted(process: 77).payload),
    Frame(.evidence, payload: EvidenceRequest(nonce: Array(0..<8), claim: claim(.attester)).payload),
    Frame(.secrets, payload: SecretsRequest(claim: claim(.instance, Array(0..<64)), resources: ["a/b/c"]).payload),
    Frame(.released, payload: SealedSecrets(messages: [[], [1, 2]]).payload),
    Frame(.fetch, payload: FetchOrder(key: Array(0..<64), resources: ["a/b/c"]).payload),
    Frame(.input, payload: AttestationOrder(nonce: Array(0..<64), frontKey: Array(0..<64)).payload),
    Frame(.reported, payload: MonitorReport(residentBytes: 1, revisions: [.init(number: 1, sharedBytes: 2, machines: 3, ownBytes: 4)]).payload),
  ]

  private static func claim(_ holder: InstanceClaim.KeyHolder, _ key: [UInt8] = []) -> InstanceClaim {
    InstanceClaim(measurement: Array(0..<48), manifest: Array("{}".utf8), machine: "kvm", isClosed: true, keyHolder: holder, key: key)
  }

  /// A key that nobody holds, and none where somebody should.
  @Test func aClaimWhoseKeyDoesNotFitItsHolderIsRefused() {
    for claim in [Self.claim(.attester, [1]), Self.claim(.instance), Self.claim(.front)] {
      #expect(throws: FrameError.self) { try EvidenceRequest(EvidenceRequest(nonce: Array(0..<8), claim: claim).payload[...]) }
    }
    for nonce in [[UInt8](0..<7), [UInt8](0..<65)] {
      #expect(throws: FrameError.self) { try EvidenceRequest(EvidenceRequest(nonce: nonce, claim: Self.claim(.attester)).payload[...]) }
      #expect(throws: FrameError.self) { try AttestationOrder(AttestationOrder(nonce: nonce).payload[...]) }
    }
  }

  /// The payload, read and written again.
  static func again(_ frame: Frame) throws(FrameError) -> [UInt8] {
    switch frame.kind {
    case .call: try CallHead(frame.payload[...]).payload
    case .ended: try CallEnd(frame.payload[...]).payload
    case .load: try RevisionLoad(frame.payload[...]).payload
    case .loaded: try RevisionLoaded(frame.payload[...]).payload
    case .stop: try CallStop(frame.payload[...]).payload
    case .welcome: try MonitorWelcome(frame.payload[...]).payload
    case .reported: try MonitorReport(frame.payload[...]).payload
    case .start: try MonitorOrder(frame.payload[...]).payload
    case .attests: try AttesterWelcome(frame.payload[...]).payload
    case .started: try MonitorStarted(frame.payload[...]).payload
    case .evidence: try EvidenceRequest(frame.payload[...]).payload
    case .secrets: try SecretsRequest(frame.payload[...]).payload
    case .released: try SealedSecrets(frame.payload[...]).payload
    case .fetch: try FetchOrder(frame.payload[...]).payload
    case .input: try AttestationOrder(frame.payload[...]).payload
    default: frame.payload
    }
  }

  @Test(arguments: messages) func aMessageIsReadAsItWasWritten(_ frame: Frame) throws {
    #expect(try Self.again(frame) == frame.payload)
  }

  @Test(arguments: messages) func framesArriveInAnyPieces(_ frame: Frame) throws {
    let stream = frame.encoded + frame.encoded
    for size in [1, 3, 16, 17, stream.count] {
      var reader = FrameReader()
      var found: [Frame] = []
      var rest = stream[...]
      while !rest.isEmpty {
        Array(rest.prefix(size)).withUnsafeBytes { reader.append($0) }
        rest = rest.dropFirst(size)
        while let next = try reader.next() { found.append(next) }
      }
      #expect(found == [frame, frame])
      #expect(reader.pending == 0)
    }
  }

  @Test(arguments: messages.filter { $0.kind != .call }) func aCutPayloadIsRefused(_ frame: Frame) {
    for length in frame.payload.indices {
      #expect(throws: FrameError.self) {
        _ = try Self.again(Frame(frame.kind, payload: Array(frame.payload.prefix(length))))
      }
    }
  }

  @Test func aWrongHeaderIsRefused() {
    let good = Frame(.call).encoded
    let cases: [(Int, UInt8, FrameError)] = [
      (0, 0, .unknownKind(0)), (1, 8, .unknownFlags(8)), (2, 1, .reservedNotZero), (15, 1, .reservedNotZero),
      (11, 1, .tooLong(found: 1 << 24, limit: 1 << 20)),
    ]
    for (index, value, error) in cases {
      var bytes = good
      bytes[index] = value
      var reader = FrameReader()
      bytes.withUnsafeBytes { reader.append($0) }
      #expect(throws: error) { _ = try reader.next() }
    }
  }

  @Test func lengthsBeyondThePayloadAreRefused() {
    var payload = CallHead(revision: 1, environment: ["A=B"]).payload
    payload.replaceSubrange(12..<16, with: [255, 255, 255, 255])
    #expect(throws: FrameError.tooLong(found: 0xFFFF_FFFF, limit: 65_536)) { _ = try CallHead(payload[...]) }
    payload.replaceSubrange(12..<16, with: [1, 0, 0, 0])
    payload.replaceSubrange(16..<20, with: [255, 255, 255, 255])
    #expect(throws: FrameError.self) { _ = try CallHead(payload[...]) }
  }
}
