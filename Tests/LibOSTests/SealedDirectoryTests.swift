import EdgeCalls
import Glibc
import InstanceSecrets
import KeyBrokerProtocol
import LibOS
import SealedFiles
import Testing

/// A program's sealed directory through the edge, against a host with a file and a counter, or one that lies about both.
@Suite struct SealedDirectoryTests {
  /// Has a file and a counter, releases one key, and lies once in so many calls.
  private final class Host: TestHost {
    var file: [UInt8] = []
    var version: [UInt8]?
    var keepsCounter = true
    /// One answer of so many is a lie; none where it is 0.
    var rarity: UInt64 = 0
    private(set) var lies = 0
    /// That were made with this host: each draws other random bytes.
    var machines: UInt64 = 0
    private var state: UInt64

    init(seed: UInt64 = 1) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    private func next(_ limit: UInt64) -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state % limit
    }

    func serve(_ window: TestWindow) {
      if rarity > 0, window.call != .secrets, window.call != .wallClock, next(rarity) == 0 { return lie(window) }
      let (first, second) = (Int(truncatingIfNeeded: window.argument(0)), Int(truncatingIfNeeded: window.argument(1)))
      switch window.call {
      case .secrets:
        let sealed = try? JSONWebEncryption(encrypting: [UInt8](repeating: 7, count: 32), to: JSONWebKey(.p256, point: window.request)).json.canonical
        window.answer(payload: encode([UInt32(sealed?.count ?? 0)]) + (sealed ?? []))
      case .wallClock: window.answer(1_700_000_000_000_000_000, 1)
      case .openVolume:
        if file.count < first * 4096 { file += [UInt8](repeating: 0, count: first * 4096 - file.count) }
        window.answer(keepsCounter ? 1 : 0, payload: keepsCounter ? version ?? [] : [])
      case .readVolume: window.answer(payload: Array(file[first * 4096..<(first + second) * 4096]))
      case .writeVolume:
        let bytes = window.request
        file.replaceSubrange(first * 4096..<first * 4096 + bytes.count, with: bytes)
        window.answer(UInt64(bytes.count))
      case .flushVolume: window.answer()
      case .publishVolume:
        version = window.request
        window.answer()
      default: window.answer(error: EdgeError.notSupported)
      }
    }

    private func lie(_ window: TestWindow) {
      lies += 1
      let bytes = (0..<Int(next(9000))).map { _ in UInt8(truncatingIfNeeded: next(256)) }
      switch next(6) {
      case 0: window.answer(error: UInt32(next(5000)))
      case 1: window.answer(next(3), next(1 << 40), payload: bytes)
      case 2: window.answer(UInt64.max, payload: [])
      // Forgotten: as if all had been done.
      case 3: window.answer(UInt64(window.requestLength), payload: [UInt8](repeating: 0, count: 4096 * Int(min(window.argument(1), 32))))
      case 4: window.answer(UInt64(window.requestLength), payload: bytes)
      default: break
      }
    }
  }

  private func machine(_ host: Host, isFresh: Bool = true, size: UInt64 = 256 << 10) throws -> TestMachine {
    var start = TestMachine.Start()
    start.environment = []
    // No byte of it is above 127.
    var name: [UInt8] = [GuestManifest.volumeKeyMark]
    name += encode(size)
    name.append(isFresh ? 1 : 0)
    name += Array("/kept".utf8)
    start.secrets = [String(decoding: name, as: UTF8.self)]
    host.machines += 1
    start.seed &+= host.machines
    let machine = try TestMachine(host: host, start: start)
    try machine.os.takeSecrets()
    return machine
  }

  private func open(_ machine: TestMachine) throws(SealedFailure) {
    try machine.os.openSealedDirectory { size in
      // Pages that nobody touches cost nothing.
      guard let memory = calloc(Int(size), 1) else { preconditionFailure("no memory") }
      return memory
    }
  }

  private func failure(_ machine: TestMachine) -> SealedFailure? {
    do throws(SealedFailure) {
      try open(machine)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [true, false]) func whatOneInstanceCommitsTheNextFinds(isFresh: Bool) throws {
    let host = Host()
    host.keepsCounter = isFresh
    let first = CallRunner(try machine(host, isFresh: isFresh))
    try open(first.machine)
    #expect(first.run("fd_prestat_get 3 *prestat") == "0 0/5")
    #expect(first.run("path_open 3 0 \"a\" 1 66 0 0 *u32") == "0 4")
    #expect(first.run("fd_write 4 <somebytes> *u32") == "0 9")
    #expect(first.run("fd_sync 4") == "0")
    #expect(first.run("fd_write 4 <lost> *u32") == "0 4")
    #expect(first.machine.os.settings.environment.isEmpty && first.machine.os.volumeKey.isEmpty)
    let second = CallRunner(try machine(host, isFresh: isFresh))
    try open(second.machine)
    #expect(second.run("path_open 3 0 \"a\" 0 2 0 0 *u32") == "0 4")
    #expect(second.run("fd_read 4 [9] *u32") == "0 \"somebytes\" 9")
    try second.machine.os.commitSealedDirectory()
    #expect((host.version != nil) == isFresh)
  }

  @Test func refusalsSayWhatIsWrong() throws {
    let host = Host()
    try open(try machine(host))
    let (file, version) = (host.file, host.version)
    #expect(failure(try machine(host)) == nil)
    host.keepsCounter = false
    #expect(failure(try machine(host)) == .noCounter)
    host.keepsCounter = true
    host.version = [UInt8](repeating: 9, count: 24)
    #expect(failure(try machine(host)) == .otherVersion)
    host.version = [1, 2]
    #expect(failure(try machine(host)) == .malformedVersion)
    host.version = version
    host.file = []
    #expect(failure(try machine(host)) == .missing)
    host.file = [UInt8](repeating: 1, count: file.count)
    #expect(failure(try machine(host)) == .notEmpty)
    host.file = file
    #expect(failure(try machine(host, size: 512 << 10)) == .otherSize)
    // Made, and its first version never counted: nothing is in it yet. Counted once more it is another's.
    host.version = nil
    #expect(failure(try machine(host)) == nil)
    let third = CallRunner(try machine(host))
    try open(third.machine)
    _ = third.run("path_create_directory 3 \"d\"")
    try third.machine.os.commitSealedDirectory()
    host.version = nil
    #expect(failure(try machine(host)) == .neverCounted)
  }

  /// 300 seeds: what a program reads is what it wrote, in this run and the one before, or an error.
  @Test func noLieIsBelieved() throws {
    var (rightReads, errors, lies) = (0, 0, 0)
    for seed in 1...300 as ClosedRange<UInt64> {
      let host = Host(seed: seed)
      for round in 0..<3 {
        host.rarity = round == 0 ? 0 : [2, 5, 20, 60][Int(seed % 4)]
        let runner = CallRunner(try machine(host))
        guard failure(runner.machine) == nil else {
          errors += 1
          continue
        }
        let opened = runner.run("path_open 3 0 \"a\" 1 66 0 0 *u32")
        guard opened == "0 4" else {
          errors += 1
          continue
        }
        let read = runner.run("fd_pread 4 [8] 40000 *u32")
        // Before the first write there is none.
        if round > 0, read == "0 \"constant\" 8" { rightReads += 1 } else if read == "29" { errors += 1 } else { #expect(round == 0 && read.hasPrefix("0 ") && read.hasSuffix(" 0"), "seed \(seed): \(read)") }
        _ = runner.run("fd_pwrite 4 <constant> 40000 *u32")
        #expect(["0 \"constant\" 8", "29"].contains(runner.run("fd_pread 4 [8] 40000 *u32")), "seed \(seed)")
        _ = runner.run("fd_sync 4")
      }
      lies += host.lies
    }
    #expect(rightReads > 20 && errors > 20 && lies > 200, "\(rightReads) \(errors) \(lies)")
  }
}
