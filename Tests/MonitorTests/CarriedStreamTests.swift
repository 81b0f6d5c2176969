import EdgeCalls
import Glibc
import Monitor
import Synchronization
import Testing

/// Standard streams that an object carries, and output that the guest holds back.
@Suite struct CarriedStreamTests {
  private final class Carrier: StreamCarrier {
    struct Written: Equatable {
      var stream: UInt64
      var text: String
      var canWait: Bool
    }

    let start: [UInt8]
    let isAll: Bool
    let written = Mutex<[Written]>([])
    let had = Mutex<[Int]>([])
    let result: Int?

    init(start: String = "", isAll: Bool = true, result: Int? = nil) {
      self.start = Array(start.utf8)
      self.isAll = isAll
      self.result = result
    }

    var first: (bytes: ArraySlice<UInt8>, areAll: Bool) { (start[...], isAll) }

    func read(into space: UnsafeMutableRawBufferPointer, behind had: Int, until signal: StopSignal) -> Int {
      self.had.withLock { $0.append(had) }
      if let result { return result }
      space.copyBytes(from: Array("more".utf8).prefix(space.count))
      return min(4, space.count)
    }

    func write(_ bytes: UnsafeRawBufferPointer, to stream: UInt64, canWait: Bool, until signal: StopSignal) -> Int {
      // Without bytes it only says that what was kept is to go.
      guard !bytes.isEmpty else { return 0 }
      written.withLock { $0.append(Written(stream: stream, text: String(decoding: bytes, as: UTF8.self), canWait: canWait)) }
      return result ?? bytes.count
    }

    var inputDescriptor: Int32? { nil }
    var all: [Written] { written.withLock { $0 } }
  }

  private func guest(_ carrier: Carrier, writtenBytes: UInt64 = .max) throws -> GuestSide {
    let guest = try GuestSide(
      EdgeServiceConfiguration(
        streams: .init(carrier: carrier), limits: .init(writtenBytes: writtenBytes), answersDoorbells: false))
    hold(guest, "", claimed: 0)
    return guest
  }

  private func hold(_ guest: GuestSide, _ text: String, claimed: UInt32? = nil) {
    for (index, byte) in text.utf8.enumerated() { guest.window[Int(EdgeWindow.heldOutputOffset) + index] = byte }
    guest.window.storeBytes(
      of: claimed ?? UInt32(text.utf8.count), toByteOffset: Int(EdgeWindow.heldOutputLengthOffset), as: UInt32.self)
  }

  @Test func allThreeAreCarried() throws {
    let carrier = Carrier()
    let guest = try guest(carrier)
    #expect(guest.call(.writeStream, [1], text: "out").results[0] == 3)
    #expect(guest.call(.writeStream, [2], text: "error").results[0] == 5)
    #expect(carrier.all == [.init(stream: 1, text: "out", canWait: false), .init(stream: 2, text: "error", canWait: false)])
    #expect(guest.call(.readStream, [0, 3, 7]).text == "mor" && guest.call(.readStream, [0, 100, .max]).text == "more")
    #expect(carrier.had.withLock { $0 } == [7, Int(Configuration.inputLimit)])
    #expect(guest.call(.writeStream, [3], text: "x").error == EdgeError.badHandle)
    #expect(guest.call(.writeStream, [0], text: "x").error == EdgeError.badHandle)
    #expect(guest.call(.streamKind, [1]).results[0] == UInt64(NodeKind.unknown.rawValue))
    #expect(guest.call(.wait, [.max, 7]).results[0] == 7)
    #expect(guest.service.statistics.bytesRead == 7 && guest.service.statistics.bytesWritten == 8)
  }

  /// A carrier's word is checked like a system call's.
  @Test(arguments: [-Int(EPIPE), -Int(EINTR), 1 << 40]) func whatTheCarrierSaysIsChecked(_ result: Int) throws {
    let guest = try guest(Carrier(result: result))
    let (read, written) = (guest.call(.readStream, [0, 8]), guest.call(.writeStream, [1], text: "four"))
    #expect(read.error == (result < 0 ? UInt32(-result) : 0) && written.error == read.error)
    if result > 0 { #expect(read.payload.count == 8 && written.results[0] == 4) }
  }

  @Test func whatIsHeldBackGoesBeforeEveryCall() throws {
    let carrier = Carrier()
    let guest = try guest(carrier)
    for (call, canWait) in [(EdgeCall.wallClock, false), (.writeStream, false), (.growMemory, true), (.trap, true), (.nextCommand, true), (.exit, true)] {
      hold(guest, "held")
      _ = guest.call(call, [1], text: call == .writeStream ? "x" : "")
      #expect(carrier.all.last { $0.text == "held" } == .init(stream: 1, text: "held", canWait: canWait))
      #expect(guest.window.load(fromByteOffset: Int(EdgeWindow.heldOutputLengthOffset), as: UInt32.self) == 0)
    }
    #expect(carrier.all.count == 7)
    #expect(carrier.all[1...2].map(\.text) == ["held", "x"])
    _ = guest.call(.wallClock)
    #expect(carrier.all.count == 7)
  }

  /// A guest can claim any length: it gets rid of its own window's bytes and of no others.
  @Test(arguments: [UInt32(EdgeWindow.heldOutputCapacity), UInt32(EdgeWindow.heldOutputCapacity) + 1, 1 << 31, .max])
  func noMoreIsTakenThanThereIsRoomFor(_ claimed: UInt32) throws {
    let carrier = Carrier()
    let guest = try guest(carrier)
    hold(guest, "held", claimed: claimed)
    _ = guest.call(.wallClock)
    #expect(carrier.all.map(\.text.utf8.count).reduce(0, +) >= Int(EdgeWindow.heldOutputCapacity))
    #expect(guest.service.statistics.bytesWritten == EdgeWindow.heldOutputCapacity)
  }

  @Test func heldOutputCountsAgainstTheLimit() throws {
    let carrier = Carrier()
    let guest = try guest(carrier, writtenBytes: 6)
    hold(guest, "held")
    _ = guest.call(.wallClock)
    hold(guest, "back")
    _ = guest.call(.wallClock)
    #expect(carrier.all.map(\.text) == ["held", "ba"] && guest.service.writingWasRefused)
    #expect(guest.call(.writeStream, [1], text: "x").error == EdgeError.noSpace)
  }

  @Test func nobodyTakesItWhereTheStreamsAreDescriptors() throws {
    let guest = try GuestSide(EdgeServiceConfiguration(streams: .init(input: nil, output: nil, errors: nil)))
    hold(guest, "held")
    _ = guest.call(.wallClock)
    #expect(guest.window.load(fromByteOffset: Int(EdgeWindow.heldOutputLengthOffset), as: UInt32.self) == 4)
  }

  @Test(arguments: [
    ("", true, Configuration.inputEnds), ("", false, 0), ("abc", true, 3 | Configuration.inputEnds), ("abc", false, 3),
    (String(repeating: "x", count: 70_000), true, UInt32(Configuration.inputLimit)),
  ]) func theFirstInputComesAlong(_ start: String, _ isAll: Bool, _ expected: UInt32) throws {
    let guest = try guest(Carrier(start: start, isAll: isAll))
    let payload = try guest.service.configurationPayload(counterFrequency: 1, firstCommand: [9])
    let word = payload.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Int(Configuration.inputOffset), as: UInt32.self) }
    #expect(word == expected | Configuration.holdsOutput)
    let count = Int(expected & Configuration.inputLengthMask)
    #expect(Array(payload.suffix(count)) == Array(start.utf8.prefix(count)) && payload.dropLast(count).last == 9)
  }

  @Test func descriptorsBringNothingAlong() throws {
    let service = try EdgeService(EdgeServiceConfiguration(streams: .init(input: nil, output: nil, errors: nil)))
    let payload = try service.configurationPayload(counterFrequency: 1, firstCommand: [])
    #expect(payload[4..<8].allSatisfy { $0 == 0 })
  }
}
