import CLinux
import EdgeCalls
import Glibc
import Monitor
import Testing

@Suite struct StreamTests {
  private func streams(_ input: Int32? = nil, _ output: Int32? = nil, _ errors: Int32? = nil) -> EdgeServiceConfiguration {
    EdgeServiceConfiguration(streams: .init(input: input, output: output, errors: errors))
  }

  @Test func writesAndReads() throws {
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    let guest = try GuestSide(streams(input.reading, output.writing, errors.writing))
    #expect(guest.call(.writeStream, [1], text: "out").results[0] == 3)
    #expect(guest.call(.writeStream, [2], text: "error").results[0] == 5)
    #expect(output.read() == "out")
    #expect(errors.read() == "error")
    input.write("hello")
    #expect(guest.call(.readStream, [0, 3]).text == "hel")
    #expect(guest.call(.readStream, [0, 100]).text == "lo")
    input.closeWriting()
    let end = guest.call(.readStream, [0, 100])
    #expect(end.error == 0 && end.payload.isEmpty)
    #expect(guest.service.statistics.bytesRead == 5)
    #expect(guest.service.statistics.bytesWritten == 8)
    #expect(guest.service.statistics[.readStream] == 3)
  }

  @Test func aStreamThatIsNotThereHasEnded() throws {
    let guest = try GuestSide(streams())
    #expect(guest.call(.readStream, [0, 1]).payload.isEmpty)
    #expect(guest.call(.writeStream, [1], text: "x").error == EdgeError.brokenPipe)
    #expect(guest.call(.streamKind, [0]).results[0] == UInt64(NodeKind.unknown.rawValue))
    #expect(guest.call(.wait, [.max, 7]).results[0] == 7)
  }

  @Test func aPipeWithoutReaderIsAnErrorAndNoSignal() throws {
    let output = Pipe()
    output.closeReading()
    let guest = try GuestSide(streams(nil, output.writing))
    #expect(guest.call(.writeStream, [1], text: "x").error == EdgeError.brokenPipe)
  }

  @Test func aFullPipeTakesWhatFitsThenWaitsForTheStop() throws {
    let output = Pipe()
    let guest = try GuestSide(streams(nil, output.writing))
    let payload = [UInt8](repeating: 65, count: Int(EdgeWindow.payloadCapacity))
    let taken = guest.call(.writeStream, [1], payload: payload).results[0]
    #expect(taken >= 4096 && taken < UInt64(payload.count))
    let stopper = Timer(after: 50_000_000) { [signal = guest.service.stopSignal] in signal.raise() }
    #expect(guest.call(.writeStream, [1], payload: payload).error == EdgeError.interrupted)
    stopper.join()
  }

  @Test func aBlockedReadEndsAtTheStop() throws {
    let input = Pipe()
    let guest = try GuestSide(streams(input.reading))
    let stopper = Timer(after: 50_000_000) { [signal = guest.service.stopSignal] in signal.raise() }
    #expect(guest.call(.readStream, [0, 10]).error == EdgeError.interrupted)
    #expect(guest.call(.wait, [.max, 0]).error == EdgeError.interrupted)
    stopper.join()
  }

  @Test func waitsForStreamsAndTime() throws {
    let (input, output) = (Pipe(), Pipe())
    let guest = try GuestSide(streams(input.reading, output.writing))
    let start = coffer_monotonic_clock()
    #expect(guest.call(.wait, [20_000_000, 1]).results[0] == 0)
    #expect(coffer_monotonic_clock() - start >= 20_000_000)
    #expect(guest.call(.wait, [.max, 3]).results[0] == 2)
    input.write("x")
    #expect(guest.call(.wait, [.max, 1]).results[0] == 1)
    #expect(guest.call(.wait, [0, 0]).results[0] == 0)
    input.closeWriting()
    _ = guest.call(.readStream, [0, 1])
    #expect(guest.call(.wait, [.max, 1]).results[0] == 1, "an input at its end is ready")
  }

  @Test func tellsKinds() throws {
    let folder = TemporaryFolder()
    folder.file("f")
    let file = Glibc.open(folder.url("f"), O_RDWR)
    let null = Glibc.open("/dev/null", O_RDWR)
    defer { close(file); close(null) }
    let pipe = Pipe()
    let guest = try GuestSide(streams(file, null, pipe.writing))
    #expect((0..<3).map { guest.call(.streamKind, [$0]).results[0] } == [1, 0, 6])
  }

  @Test func clocksRun() throws {
    let guest = try GuestSide(streams())
    let wall = guest.call(.wallClock)
    #expect(wall.results[0] > 1_700_000_000_000_000_000)
    #expect(wall.results[1] >= 1)
    let first = guest.call(.monotonicClock).results[0]
    #expect(guest.call(.monotonicClock).results[0] >= first)
  }

  @Test func writingIsLimited() throws {
    let output = Pipe()
    var configuration = streams(nil, output.writing)
    configuration.limits.writtenBytes = 5
    let guest = try GuestSide(configuration)
    #expect(guest.call(.writeStream, [1], text: "abc").results[0] == 3)
    #expect(guest.call(.writeStream, [1], text: "defg").results[0] == 2)
    #expect(guest.call(.writeStream, [1], text: "h").error == EdgeError.noSpace)
    #expect(output.read() == "abcde")
  }
}
