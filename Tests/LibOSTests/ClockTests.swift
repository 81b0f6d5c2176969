import EdgeCalls
import LibOS
import Testing

@Suite struct ClockTests {
  final class Time {
    var counter: UInt64 = 0
    var host: UInt64 = 0
  }

  func clock(frequency: UInt64, _ time: Time) -> Clock {
    let window = TestWindow()
    let edge = EdgeClient(transport: EdgeTransport(window: window.base) { window.answer(time.host, 1) })
    return Clock(edge: edge, frequency: frequency, counter: { time.counter })
  }

  @Test(arguments: [
    (1_000_000_000, 5), (1, 3), (2_400_000_000, 7), (2_400_000_000, .max), (3, 10), (17_999_999_999, .max),
    (18_000_000_000, 1 << 63), (24_000_000, 123_456_789_012), (999_999_999, .max - 1),
  ] as [(UInt64, UInt64)])
  func nanosecondsAreExact(frequency: UInt64, ticks: UInt64) throws {
    let time = Time()
    let clock = clock(frequency: frequency, time)
    #expect(try clock.monotonic() == 0)
    time.counter = ticks
    let exact = UInt128(ticks) * 1_000_000_000 / UInt128(frequency)
    #expect(try clock.monotonic() == UInt64(clamping: exact))
  }

  @Test func neverBackwards() throws {
    let time = Time()
    time.counter = 1000
    let clock = clock(frequency: 1_000_000_000, time)
    time.counter = 1500
    #expect(try clock.monotonic() == 500)
    time.counter = 1200
    #expect(try clock.monotonic() == 500)
    time.counter = 3
    #expect(try clock.monotonic() == 500)
    time.counter = 1501
    #expect(try clock.monotonic() == 501)
  }

  @Test(arguments: [0, 18_000_000_001, .max] as [UInt64])
  func withoutCounterTheHostTells(frequency: UInt64) throws {
    let time = Time()
    time.host = 7000
    let clock = clock(frequency: frequency, time)
    #expect(try clock.monotonic() == 0)
    time.host = 7100
    #expect(try clock.monotonic() == 100)
    time.host = 50
    #expect(try clock.monotonic() == 100)
    #expect(clock.monotonicResolution() == 1)
  }

  @Test(arguments: [(1_000_000_000, 1), (24_000_000, 42), (1, 1_000_000_000), (3_000_000_000, 1)] as [(UInt64, UInt64)])
  func resolution(frequency: UInt64, nanoseconds: UInt64) {
    #expect(clock(frequency: frequency, Time()).monotonicResolution() == nanoseconds)
  }
}
