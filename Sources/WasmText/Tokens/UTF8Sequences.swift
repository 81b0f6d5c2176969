/// The rules of UTF-8 (Unicode 3.9, table 3-7).
enum UTF8Sequences {
  /// The length of the sequence that starts at `index`; nil when it is malformed.
  static func length(in bytes: ArraySlice<UInt8>, at index: Int) -> Int? {
    guard bytes.indices.contains(index) else { return nil }
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[index] {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: length = 3
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.endIndex - index >= length, second.contains(bytes[index + 1]) else { return nil }
    for next in bytes[(index + 2)..<(index + length)] where !(0x80...0xBF).contains(next) { return nil }
    return length
  }

  static func areWellFormed(_ bytes: [UInt8]) -> Bool {
    var index = 0
    while index < bytes.count {
      if bytes[index] < 0x80 {
        index += 1
      } else if let length = length(in: bytes[...], at: index) {
        index += length
      } else {
        return false
      }
    }
    return true
  }
}
