import EdgeCalls
import Glibc
import Monitor
import Synchronization
import Testing

/// A guest with a volume's file: it reaches the file's blocks up to the limit, and nothing else.
@Suite struct VolumeServiceTests {
  /// Has the broker's part: takes an order from what is there, and gives a receipt.
  private final class Counter: VersionCounter {
    struct Refused: Error {}
    let last = Mutex<[UInt8]?>(nil)
    let receipt: [UInt8]

    init(receipt: [UInt8] = [UInt8](repeating: 7, count: 32)) { self.receipt = receipt }

    func exchange(_ order: VersionOrder) throws -> [UInt8] {
      try last.withLock { last in
        guard last == order.expected, order.authenticator == [UInt8](repeating: 6, count: 32) else { throw Refused() }
        last = order.version
      }
      return receipt
    }
  }

  private final class File {
    let descriptor: Int32
    let path: String

    init() throws {
      path = "/tmp/coffer-volume-\(getpid())-\(UInt64.random(in: 0 ... .max))"
      descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      try #require(descriptor >= 0)
    }

    deinit {
      close(descriptor)
      unlink(path)
    }

    var size: Int { Int(lseek(descriptor, 0, SEEK_END)) }
  }

  private func guest(_ file: File?, limit: UInt64 = 8, counter: Counter? = nil) throws -> GuestSide {
    var configuration = EdgeServiceConfiguration(streams: .init(input: nil, output: nil, errors: nil))
    configuration.volume = file.map { HostVolume(descriptor: $0.descriptor, blockLimit: limit, counter: counter) }
    return try GuestSide(configuration)
  }

  private let block = [UInt8](repeating: 5, count: 4096)

  private func places(_ list: (first: UInt64, count: UInt64)...) -> [UInt8] {
    list.flatMap { place in [place.first, place.count].flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } } }
  }

  @Test func blocksGoToTheFileAndComeBack() throws {
    let file = try File()
    let guest = try guest(file)
    let opened = guest.call(.openVolume, [8])
    #expect(opened.error == 0 && opened.results[0] == 0 && opened.payload.isEmpty && file.size == 8 * 4096)
    #expect(guest.call(.writeVolume, [1], payload: block + block + places((3, 2))).results[0] == 8192)
    #expect(guest.call(.flushVolume).error == 0)
    #expect(guest.call(.readVolume, [2, 3]).payload == [UInt8](repeating: 0, count: 4096) + block + block)
    // What is longer stays as it is.
    #expect(guest.call(.openVolume, [2]).error == 0 && file.size == 8 * 4096)
  }

  @Test func blocksOfOneCallGoToPlacesFarApart() throws {
    let file = try File()
    let guest = try guest(file)
    #expect(guest.call(.openVolume, [8]).error == 0)
    let blocks = (1...4).map { [UInt8](repeating: $0, count: 4096) }
    #expect(guest.call(.writeVolume, [3], payload: blocks.joined() + places((7, 1), (2, 2), (0, 1))).results[0] == 4 * 4096)
    let zeros = [UInt8](repeating: 0, count: 4096)
    #expect(guest.call(.readVolume, [0, 8]).payload == Array([blocks[3], zeros, blocks[1], blocks[2], zeros, zeros, zeros, blocks[0]].joined()))
  }

  @Test func everyOffsetAndLengthIsChecked() throws {
    let file = try File()
    let guest = try guest(file)
    #expect(guest.call(.openVolume, [8]).error == 0)
    for blocks in [0, 9, 1 << 40, UInt64.max] { #expect(guest.call(.openVolume, [blocks]).error == EdgeError.invalid) }
    for (first, count) in [(8, 1), (0, 9), (7, 2), (9, 0), (UInt64.max, 1), (1, UInt64.max), (1 << 52, 1), (0, 1 << 52), (UInt64.max, UInt64.max)] as [(UInt64, UInt64)] {
      #expect(guest.call(.readVolume, [first, count]).error == EdgeError.invalid, "\(first) \(count)")
    }
    for first in [8, 1 << 52, UInt64.max] as [UInt64] { #expect(guest.call(.writeVolume, [1], payload: block + places((first, 1))).error == EdgeError.invalid) }
    for length in [1, 4095, 4097] {
      #expect(guest.call(.writeVolume, [1], payload: [UInt8](repeating: 1, count: length) + places((0, 1))).error == EdgeError.invalid)
    }
    for number in [0, 2, 3, 257, 1 << 60, UInt64.max] as [UInt64] {
      #expect(guest.call(.writeVolume, [number], payload: block + places((0, 1))).error == EdgeError.invalid, "\(number) places")
    }
    // Counts that are not those of the payload, together or by overflow; a place behind the end beside one that is there: nothing is written.
    for list in [[(0, 0)], [(0, 1)], [(0, 3)], [(0, .max)], [(0, 1), (1, 0)], [(0, 1), (1, 1), (2, 1)], [(0, 3), (1, .max)], [(0, 1), (8, 1)], [(0, 1), (.max, 1)]] as [[(UInt64, UInt64)]] {
      #expect(guest.call(.writeVolume, [UInt64(list.count)], payload: block + block + list.flatMap { places($0) }).error == EdgeError.invalid, "\(list)")
    }
    #expect(guest.call(number: EdgeCall.writeVolume.rawValue, [0], claimedLength: .max).error == EdgeError.invalid)
    #expect(file.size == 8 * 4096)
    #expect(guest.call(.readVolume, [0, 8]).payload == [UInt8](repeating: 0, count: 8 * 4096))
  }

  @Test func withoutAFileOrACounterItSaysNo() throws {
    for call in [EdgeCall.openVolume, .readVolume, .writeVolume, .flushVolume, .publishVolume] {
      #expect(try guest(nil).call(call, [1, 1]).error == EdgeError.notSupported)
    }
    #expect(try guest(try File()).call(.publishVolume, payload: [UInt8](repeating: 1, count: 56)).error == EdgeError.notSupported)
  }

  @Test func anOrderIsCarriedAsItIsAndSoIsItsReceipt() throws {
    let (file, counter) = (try File(), Counter())
    let guest = try guest(file, counter: counter)
    let opened = guest.call(.openVolume, [8])
    #expect(opened.error == 0 && opened.results[0] == 1 && opened.payload.isEmpty)
    let versions = (1...3).map { [UInt8](repeating: UInt8($0), count: 24) }
    let authenticator = [UInt8](repeating: 6, count: 32)
    #expect(guest.call(.publishVolume, payload: authenticator + versions[0]).payload == counter.receipt)
    #expect(guest.call(.publishVolume, payload: authenticator + versions[1] + versions[0]).payload == counter.receipt)
    #expect(counter.last.withLock { $0 } == versions[1])
    // In the place of none, or of an old one.
    for order in [versions[2], versions[2] + versions[0]] { #expect(guest.call(.publishVolume, payload: authenticator + order).error == EdgeError.inputOutput) }
    for length in [0, 1, 24, 32, 55, 57, 79, 81, 4096] {
      #expect(guest.call(.publishVolume, payload: [UInt8](repeating: 6, count: length)).error == EdgeError.invalid, "\(length)")
    }
    #expect(counter.last.withLock { $0 } == versions[1])
    // A broker that says something else.
    let other = Counter(receipt: [1])
    #expect(try self.guest(file, counter: other).call(.publishVolume, payload: authenticator + versions[0]).error == EdgeError.inputOutput)
  }

  @Test func whatWaitsForADiskOrABrokerIsNotServedByDoorbell() {
    for call in [EdgeCall.openVolume, .flushVolume, .publishVolume] { #expect(!call.isPrompt) }
    for call in [EdgeCall.readVolume, .writeVolume] { #expect(call.isPrompt) }
  }
}
