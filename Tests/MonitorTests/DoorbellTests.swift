import CLinux
import EdgeCalls
import Glibc
import Machine
import Monitor
import Synchronization
import Testing

/// Calls that the doorbell's thread serves while the guest's own processor waits. Here a test's thread plays the guest.
@Suite struct DoorbellTests {
  /// A guest whose machine has nothing but a doorbell.
  private final class RingingGuest: @unchecked Sendable {
    let side: GuestSide
    let doorbell: Doorbell
    private let event = coffer_event()

    init(_ streams: EdgeServiceConfiguration.StandardStreams = .init(input: nil, output: nil, errors: nil), network: (any NetworkGate)? = nil) throws {
      var configuration = EdgeServiceConfiguration(streams: streams)
      configuration.network = network
      side = try GuestSide(configuration)
      side.window.storeBytes(of: 0, toByteOffset: Int(EdgeWindow.doorbellStateOffset), as: UInt32.self)
      doorbell = try #require(Doorbell(MachineDoorbell(descriptor: event, window: side.window)))
      doorbell.attach(side.service)
    }

    deinit {
      doorbell.close()
      close(event)
    }

    private func word(_ offset: UInt64) -> UnsafeMutableRawPointer { side.window.baseAddress.unsafelyUnwrapped + Int(offset) }

    var state: UInt32 { coffer_window_load_32(word(EdgeWindow.doorbellStateOffset)) }

    func write(_ state: UInt32) { coffer_window_publish_32(word(EdgeWindow.doorbellStateOffset), state) }

    func ring() {
      var one: UInt64 = 1
      _ = Glibc.write(event, &one, 8)
    }

    /// As Guest/doorbell.c does it, but for its patience.
    func post(_ call: UInt32, _ arguments: [UInt64] = [], payload: [UInt8] = []) {
      side.write(number: call, arguments, payload: payload)
      write(DoorbellState.posted.rawValue)
      if coffer_window_load_32(word(EdgeWindow.doorbellListenerOffset)) == DoorbellListener.asleep.rawValue { ring() }
    }

    /// - Returns: The state in which the call ended, or that it is in after the time.
    func ended(within seconds: Double = 60) -> DoorbellState? {
      let deadline = coffer_monotonic_clock() + UInt64(seconds * 1e9)
      while coffer_monotonic_clock() < deadline {
        let state = DoorbellState(rawValue: state)
        if state == .answered || state == .declined { return state }
        sched_yield()
      }
      return DoorbellState(rawValue: state)
    }
  }

  @Test func answersWhetherAsleepOrAwake() throws {
    let guest = try RingingGuest()
    for round in 0..<200 {
      guest.post(EdgeCall.wallClock.rawValue)
      #expect(guest.ended() == .answered)
      #expect(guest.side.read(.answered).error == 0 && guest.side.read(.answered).results[0] > 1_700_000_000_000_000_000)
      guest.write(DoorbellState.idle.rawValue)
      if round % 10 == 0 { usleep(200) }
    }
    guest.doorbell.detach()
    #expect(guest.side.service.statistics.byDoorbell == 200 && guest.side.service.statistics[.wallClock] == 200)
  }

  @Test func answersErrorsToo() throws {
    let guest = try RingingGuest()
    guest.post(EdgeCall.readFile.rawValue, [77, 0, 10])
    #expect(guest.ended() == .answered)
    #expect(guest.side.read(.answered).error == EdgeError.badHandle)
  }

  @Test(arguments: [EdgeCall.nextCommand, .exit, .trap, .growMemory, .abort, .wait, .synchronize].map(\.rawValue) + [0, 63, 70, .max])
  func declinesWhatIsNotItsAffair(call: UInt32) throws {
    let guest = try RingingGuest()
    guest.post(call, [1, 1])
    #expect(guest.ended() == .declined)
    #expect(guest.side.service.statistics.total == 0)
  }

  /// That a socket has nothing is an answer: asked again by an exit, it would be the same.
  @Test func answersThatASocketHasNothing() throws {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { for end in ends { close(end) } }
    let guest = try RingingGuest(network: OneSocket(descriptor: ends[0]))
    let receive: [UInt64] = [UInt64(NetworkOperation.receive.rawValue), 0, 0, 100]
    let wait: [UInt64] = [UInt64(NetworkOperation.wait.rawValue), 0, .max, 8]
    let socket: [UInt8] = [0, 0, 0, 0, UInt8(NetworkEvents.readable), 0, 0, 0]
    guest.post(EdgeCall.network.rawValue, receive)
    #expect(guest.ended() == .answered)
    #expect(guest.side.read(.answered).error == UInt32(EAGAIN))
    guest.write(DoorbellState.idle.rawValue)
    // Nobody waits here...
    guest.post(EdgeCall.network.rawValue, wait, payload: socket)
    #expect(guest.ended() == .declined)
    guest.write(DoorbellState.idle.rawValue)
    // ... but what has come is told.
    #expect(Glibc.write(ends[1], "hello", 5) == 5)
    guest.post(EdgeCall.network.rawValue, wait, payload: socket)
    #expect(guest.ended() == .answered)
    #expect(guest.side.read(.answered).payload == socket)
    guest.write(DoorbellState.idle.rawValue)
    guest.post(EdgeCall.network.rawValue, receive)
    #expect(guest.ended() == .answered)
    #expect(guest.side.read(.answered).text == "hello")
  }

  @Test func declinesWhatWouldBlock() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let guest = try RingingGuest(.init(input: ends[0], output: ends[1], errors: nil))
    guest.post(EdgeCall.readStream.rawValue, [0, 100])
    #expect(guest.ended() == .declined)
    guest.write(DoorbellState.idle.rawValue)

    guest.post(EdgeCall.writeStream.rawValue, [1], payload: Array("through a pipe".utf8))
    #expect(guest.ended() == .answered)
    #expect(guest.side.read(.answered).results[0] == 14)
    guest.write(DoorbellState.idle.rawValue)

    guest.post(EdgeCall.readStream.rawValue, [0, 100])
    #expect(guest.ended() == .answered)
    #expect(guest.side.read(.answered).text == "through a pipe")
    guest.write(DoorbellState.idle.rawValue)

    // A full pipe takes what fits, and then nothing.
    let block = [UInt8](repeating: 1, count: Int(EdgeWindow.payloadCapacity))
    guest.post(EdgeCall.writeStream.rawValue, [1], payload: block)
    #expect(guest.ended() == .answered)
    let taken = guest.side.read(.answered).results[0]
    #expect(taken > 0 && taken < block.count)
    guest.write(DoorbellState.idle.rawValue)
    guest.post(EdgeCall.writeStream.rawValue, [1], payload: block)
    #expect(guest.ended() == .declined)
    #expect(guest.side.service.statistics.bytesWritten == taken + 14)
  }

  @Test func touchesNothingOnceDetached() throws {
    let guest = try RingingGuest()
    for _ in 0..<200 {
      // What the round before left must not be taken while the next request is being written.
      guest.write(DoorbellState.idle.rawValue)
      guest.doorbell.attach(guest.side.service)
      guest.post(EdgeCall.wallClock.rawValue)
      guest.doorbell.detach()
      let state = guest.state
      #expect(state == DoorbellState.posted.rawValue || state == DoorbellState.answered.rawValue)
      guest.write(DoorbellState.posted.rawValue)
      guest.ring()
      usleep(50)
      #expect(guest.state == DoorbellState.posted.rawValue)
    }
  }

  @Test func aGuestThatBlocksItsOwnThreadLeavesOthersServed() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let blocked = try RingingGuest(.init(input: ends[0], output: nil, errors: nil))
    let isBlocked = Atomic<Bool>(false)
    let isOver = Atomic<Bool>(false)
    // No task: it would wait for one of the few threads that all tests share, one of which this test holds.
    let thread = HostThread.startDetached {
      blocked.side.write(number: EdgeCall.readStream.rawValue, [0, 10], payload: [])
      _ = blocked.doorbell.alone {
        isBlocked.store(true, ordering: .sequentiallyConsistent)
        return blocked.side.service.serve(window: blocked.side.window)
      }
      isOver.store(true, ordering: .sequentiallyConsistent)
    }
    try #require(thread)
    while !isBlocked.load(ordering: .sequentiallyConsistent) { usleep(100) }
    blocked.write(DoorbellState.posted.rawValue)
    blocked.ring()
    let other = try RingingGuest()
    for _ in 0..<20 {
      other.post(EdgeCall.wallClock.rawValue)
      #expect(other.ended() == .answered)
      other.write(DoorbellState.idle.rawValue)
    }
    #expect(blocked.state == DoorbellState.posted.rawValue)
    blocked.write(DoorbellState.idle.rawValue)
    _ = Glibc.write(ends[1], "x", 1)
    while !isOver.load(ordering: .sequentiallyConsistent) { usleep(100) }
  }

  @Test func aScribblingGuestHarmsNobodyElse() throws {
    let hostile = try RingingGuest()
    let honest = try RingingGuest()
    let isOver = Atomic<Bool>(false)
    let scribbling = Atomic<Bool>(true)
    let thread = HostThread.startDetached {
      var random: UInt64 = 88_172_645_463_325_252
      while !isOver.load(ordering: .relaxed) {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        let offset = Int(random % 34) * 4
        let value = random >> 40 & 1 == 0 ? UInt32(random >> 32 & 63) : UInt32(truncatingIfNeeded: random >> 32)
        coffer_window_store_32(hostile.side.window.baseAddress.unsafelyUnwrapped + offset, value)
        if random >> 50 & 15 == 0 { hostile.write(DoorbellState.posted.rawValue) }
        if random >> 54 & 255 == 0 { hostile.ring() }
      }
      scribbling.store(false, ordering: .sequentiallyConsistent)
    }
    #expect(thread)
    for _ in 0..<2000 {
      honest.post(EdgeCall.wallClock.rawValue)
      #expect(honest.ended() == .answered)
      honest.write(DoorbellState.idle.rawValue)
    }
    isOver.store(true, ordering: .sequentiallyConsistent)
    while scribbling.load(ordering: .sequentiallyConsistent) { usleep(100) }
    hostile.doorbell.attach(hostile.side.service)
    hostile.post(EdgeCall.wallClock.rawValue)
    #expect(hostile.ended() == .answered)
  }
}

/// A network of one socket, of handle 0.
private final class OneSocket: NetworkGate {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  func watched(_ handle: UInt64) -> NetworkWatch? { handle == 0 ? NetworkWatch(descriptor: descriptor, isSignal: false) : nil }

  func serve(
    _ operation: NetworkOperation, handle: UInt64, argument: UInt64, payload: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
  ) -> NetworkReply {
    let count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
    return count < 0 ? NetworkReply(error: UInt32(errno)) : NetworkReply(length: count)
  }
}
