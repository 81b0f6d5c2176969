import Testing
import TrustletImage

@Suite struct UnitsTests {
  @Test(arguments: [
    ("0", 0), ("65536", 65536), ("64B", 64), ("64KiB", 65536), ("64Ki", 65536), ("64MiB", 67_108_864),
    ("1.5GiB", 1_610_612_736), ("0.5KiB", 512), ("2TiB", 2_199_023_255_552), ("1kB", 1000), ("1KB", 1000), ("1.001kB", 1001),
    ("3MB", 3_000_000), ("007MiB", 7_340_032), ("18446744073709551615", UInt64.max), ("16777215.5TiB", 0xFFFFFF80_00000000),
  ] as [(String, UInt64)])
  func byteCounts(text: String, bytes: UInt64) {
    #expect(ByteCount(parsing: text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "MiB", "-1", "+1", "1 MiB", " 1", "1.", ".5", "1.5", "1.5B", "0.0001KiB", "1mib", "1M", "1e3", "1,5GiB", "1MiBs",
    "18446744073709551616", "16777216TiB", "1.00000000000000000000001GiB", "٣MiB", "99999999999999999999999999999",
    "18446744073709551615.9999TB",
  ])
  func unreadableByteCounts(text: String) {
    #expect(ByteCount(parsing: text) == nil)
  }

  @Test(arguments: [
    (0, "0B"), (1, "1B"), (1000, "1000B"), (1024, "1KiB"), (1536, "1536B"), (67_108_864, "64MiB"),
    (1_610_612_736, "1536MiB"), (1 << 50, "1024TiB"),
  ] as [(UInt64, String)])
  func byteCountDescriptions(bytes: UInt64, text: String) {
    #expect(ByteCount(bytes: bytes).description == text)
    #expect(ByteCount(parsing: text)?.bytes == bytes)
  }

  @Test(arguments: [
    ("0s", 0), ("30s", 30_000_000_000), ("250ms", 250_000_000), ("1.5s", 1_500_000_000), ("10us", 10_000), ("7ns", 7),
    ("2m", 120_000_000_000), ("1.5h", 5_400_000_000_000), ("0.000000001s", 1),
  ] as [(String, UInt64)])
  func timeSpans(text: String, nanoseconds: UInt64) {
    #expect(TimeSpan(parsing: text)?.nanoseconds == nanoseconds)
  }

  @Test(arguments: ["", "30", "s", "1.s", "0.5ns", "1 s", "1S", "1m30s", "-1s", "6000000h", "99999999999999999999s"])
  func unreadableTimeSpans(text: String) {
    #expect(TimeSpan(parsing: text) == nil)
  }

  @Test(arguments: [
    (0, "0s"), (1, "1ns"), (1500, "1500ns"), (2000, "2us"), (250_000_000, "250ms"), (90_000_000_000, "90s"),
    (5_400_000_000_000, "90m"), (7_200_000_000_000, "2h"),
  ] as [(UInt64, String)])
  func timeSpanDescriptions(nanoseconds: UInt64, text: String) {
    #expect(TimeSpan(nanoseconds: nanoseconds).description == text)
    #expect(TimeSpan(parsing: text)?.nanoseconds == nanoseconds)
    #expect(TimeSpan(nanoseconds: nanoseconds).duration == .nanoseconds(Int64(nanoseconds)))
  }
}
