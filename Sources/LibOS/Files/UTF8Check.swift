/// Whether the bytes are well-formed UTF-8 (Unicode, table 3-7). The standard library's own check brings in its Unicode tables.
package func isUTF8(_ bytes: [UInt8]) -> Bool {
  var index = 0
  while index < bytes.count {
    let first = bytes[index]
    index += 1
    let following: Int
    var range: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0x00...0x7F: continue
    case 0xC2...0xDF: following = 1
    case 0xE0: (following, range) = (2, 0xA0...0xBF)
    case 0xED: (following, range) = (2, 0x80...0x9F)
    case 0xE1...0xEF: following = 2
    case 0xF0: (following, range) = (3, 0x90...0xBF)
    case 0xF1...0xF3: following = 3
    case 0xF4: (following, range) = (3, 0x80...0x8F)
    default: return false
    }
    for _ in 0..<following {
      guard index < bytes.count, range.contains(bytes[index]) else { return false }
      range = 0x80...0xBF
      index += 1
    }
  }
  return true
}
