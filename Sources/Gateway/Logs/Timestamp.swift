import Glibc

/// The wall clock, and how its times are written (RFC 3339, UTC).
public enum Timestamp {
  /// Nanoseconds since 1970.
  public static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// To the microsecond: "2026-11-21T15:04:05.123456Z".
  public static func text(nanoseconds: Int64) -> String {
    let microseconds = (nanoseconds - floorRemainder(nanoseconds, 1000)) / 1000
    let fraction = floorRemainder(microseconds, 1_000_000)
    let seconds = (microseconds - fraction) / 1_000_000
    let second = floorRemainder(seconds, 86400)
    let date = civilDate(daysSince1970: (seconds - second) / 86400)
    return
      "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):"
      + "\(padded(second % 60, 2)).\(padded(fraction, 6))Z"
  }

  private static func floorRemainder(_ value: Int64, _ divisor: Int64) -> Int64 {
    let remainder = value % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// In the proleptic Gregorian calendar: years begin in March here, so that the day that comes and goes is a year's last, and 400 of them
  /// have 146,097 days.
  private static func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let days = daysSince1970 + 719_468
    let dayOfEra = floorRemainder(days, 146_097)
    let era = (days - dayOfEra) / 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
