import EdgeCalls
import Glibc
import InstanceSecrets
import KeyBrokerProtocol
import LibOS
import SealedFiles
import Testing

/// A program's sealed directory through the edge, against a host with a file and a counter, or one that lies about both.
@Suite struct SealedDirectoryTests {
  /// Carries between an instance and its broker, which counts, and has a file; lies once in so many calls.
  private final class Host: TestHost {
    var file: [UInt8] = []
    var version: [UInt8]?
    var keepsCounter = true
    let broker = try? AuthorKey(of: BrokerKey())
    /// What the instance is told in the place of the broker's answer, given that.
    var receipts: ([UInt8]) -> [UInt8] = { $0 }
    /// What the broker is told in the place of the instance's order.
    var orders: (CounterExchange) throws -> CounterExchange = { $0 }
    /// What the instance is given in the place of the broker's message.
    var messages: ([UInt8]) -> [UInt8] = { $0 }
    /// Whose session the carrier has.
    var keptInstance: JSONWebKey?
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
        let sealed = messages((try? release(to: window.request)) ?? [])
        window.answer(payload: encode([UInt32(sealed.count)]) + sealed)
      case .wallClock: window.answer(1_700_000_000_000_000_000, 1)
      case .openVolume:
        if file.count < first * 4096 { file += [UInt8](repeating: 0, count: first * 4096 - file.count) }
        window.answer(keepsCounter ? 1 : 0)
      case .readVolume: window.answer(payload: Array(file[first * 4096..<(first + second) * 4096]))
      case .writeVolume:
        let (blocks, places) = window.request.splitPlaces(first)
        var written = 0
        for place in places {
          file.replaceSubrange(place.first * 4096..<(place.first + place.count) * 4096, with: blocks[written..<written + place.count * 4096])
          written += place.count * 4096
        }
        window.answer(UInt64(written))
      case .flushVolume: window.answer()
      case .publishVolume:
        guard let receipt = try? count(window.request) else { return window.answer(error: EdgeError.inputOutput) }
        window.answer(payload: receipts(receipt))
      default: window.answer(error: EdgeError.notSupported)
      }
    }

    private func release(to point: [UInt8]) throws -> [UInt8] {
      let key = try JSONWebKey(.p256, point: point)
      keptInstance = key
      var message = try JSONWebEncryption(encrypting: [UInt8](repeating: 7, count: 32), to: key)
      try broker?.sign(&message, for: key, counter: version.map { try CounterValue($0) })
      return message.json.canonical
    }

    /// The broker's half: what the instance has not ordered is not done.
    private func count(_ bytes: [UInt8]) throws -> [UInt8] {
      let order = CounterExchange(
        expected: bytes.count > 56 ? try CounterValue(Array(bytes[56...])) : nil, value: try CounterValue(Array(bytes[32..<56])), authenticator: Array(bytes[..<32]))
      let told = try orders(order)
      guard let instance = keptInstance, let key = try broker?.counterKey(with: instance, tenant: "acme", resource: ResourceName("shop/volumes/data")),
        key.isOrder(told.authenticator ?? [], told), told.expected?.bytes == version
      else { throw SystemError.invalid }
      version = told.value.bytes
      return key.receipt(told.value, inPlaceOf: told.expected)
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
    if isFresh, let broker = host.broker {
      start.author = broker.point + encode([4]) + Array("acme".utf8) + encode([17]) + Array("shop/volumes/data".utf8)
    }
    host.machines += 1
    start.seed &+= host.machines
    let machine = try TestMachine(host: host, start: start)
    try machine.os.takeSecrets()
    return machine
  }

  private func open(_ machine: TestMachine) throws(SealedFailure) {
    try machine.os.openSealedDirectory { size in
      machine.zeroedMemory(Int(size))
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

  /// A directory, made in an instance; whether that counts afterwards.
  private func makeDirectory(_ name: String, _ host: Host) throws -> Bool {
    let runner = CallRunner(try machine(host))
    try open(runner.machine)
    #expect(runner.run("path_create_directory 3 \"\(name)\"") == "0")
    do throws(SealedFailure) {
      try runner.machine.os.commitSealedDirectory()
      return true
    } catch {
      #expect(error == .notCommitted)
      return false
    }
  }

  /// The monitor carries what instance and broker say to each other, and is of the file's owner: it can keep things back, and nothing else.
  @Test func whoCarriesCannotCount() throws {
    let host = Host()
    #expect(try makeDirectory("a", host))
    let (file, version) = (host.file, host.version)
    // "It is counted", and it was not told to the broker.
    for receipt in [[], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 24)] as [[UInt8]] {
      host.orders = { _ in throw SystemError.invalid }
      #expect(try !makeDirectory("b", host))
      host.orders = { $0 }
      host.receipts = { _ in receipt }
      #expect(try !makeDirectory("b", host))
      (host.file, host.version, host.receipts) = (file, version, { $0 })
    }
    // What the broker said of another order of this instance: two commits, the second answered as the first.
    var first: [UInt8]?
    host.receipts = { receipt in
      defer { first = first ?? receipt }
      return first ?? receipt
    }
    let runner = CallRunner(try machine(host))
    try open(runner.machine)
    _ = runner.run("path_create_directory 3 \"c\"")
    try runner.machine.os.commitSealedDirectory()
    _ = runner.run("path_create_directory 3 \"d\"")
    #expect(throws: SealedFailure.notCommitted) { try runner.machine.os.commitSealedDirectory() }
    // Other values under the instance's order, or the order of another instance.
    (host.file, host.version, host.receipts) = (file, version, { $0 })
    host.orders = { CounterExchange(expected: nil, value: $0.value, authenticator: $0.authenticator) }
    #expect(try !makeDirectory("e", host))
    (host.file, host.version) = (file, version)
    var kept: CounterExchange?
    host.orders = { order in
      defer { kept = kept ?? order }
      return kept ?? order
    }
    #expect(try makeDirectory("f", host))
    (host.file, host.version) = (file, version)
    #expect(try !makeDirectory("f", host))
  }

  /// Two instances of one volume: one is held while the other commits. Its own commit, of the state before, is nobody's any more, whatever the carrier says is there.
  @Test func nobodysCommitIsReplacedInAnothersName() throws {
    let host = Host()
    #expect(try makeDirectory("a", host))
    let (file, held) = (host.file, CallRunner(try machine(host)))
    try open(held.machine)
    let instance = host.keptInstance
    host.file = file
    #expect(try makeDirectory("b", host))
    let version = host.version
    host.keptInstance = instance
    // The carrier has its order say that it is of the newer state.
    host.orders = { CounterExchange(expected: try version.map { try CounterValue($0) }, value: $0.value, authenticator: $0.authenticator) }
    _ = held.run("path_create_directory 3 \"c\"")
    #expect(throws: SealedFailure.notCommitted) { try held.machine.os.commitSealedDirectory() }
    #expect(host.version == version)
  }

  /// A message of before says an older version, and was written for another instance: it does not do.
  @Test func anOldMessageIsNotTaken() throws {
    let host = Host()
    var first: [UInt8]?
    host.messages = { message in
      defer { first = first ?? message }
      return first ?? message
    }
    #expect(try makeDirectory("a", host))
    #expect(throws: SecretFailure.notTheAuthors) { _ = try machine(host) }
    // With its counter changed or left out.
    host.messages = { message in
      guard case .object(let members)? = try? JSONReader.value(of: message, "message") else { return [] }
      return JSONValue.object(members.filter { $0.name != "coffer-counter" }).canonical
    }
    #expect(throws: SecretFailure.notTheAuthors) { _ = try machine(host) }
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

extension AuthorKey {
  fileprivate func sign(_ message: inout JSONWebEncryption, for key: JSONWebKey, counter: CounterValue?) throws {
    try message.sign(by: self, for: key, tenant: "acme", resource: ResourceName("shop/volumes/data"), counter: counter)
  }
}

extension [UInt8] {
  /// A request to write to a volume: the blocks, and where they belong.
  fileprivate func splitPlaces(_ number: Int) -> (blocks: [UInt8], places: [(first: Int, count: Int)]) {
    let end = count - 16 * number
    let words = stride(from: end, to: count, by: 8).map { start in self[start..<start + 8].reversed().reduce(0) { $0 << 8 | Int($1) } }
    return (Array(self[..<end]), stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) })
  }
}
