/// What `swift build` made and put into a program as text: the compiler takes an array of as many bytes a thousand times as long.
public enum EmbeddedBytes {
  /// - Parameter base64: as one of the package's builders wrote it; anything else is a defect of the build.
  public static func decoded(_ base64: StaticString) -> [UInt8] {
    base64.withUTF8Buffer { text in
      let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
      precondition(text.count.isMultiple(of: 4), "the build wrote something other than base64")
      var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3)
      bytes.withUnsafeMutableBufferPointer { bytes in
        values.withUnsafeBufferPointer { values in
          for group in 0..<text.count / 4 {
            var bits: UInt32 = 0
            for place in 4 * group..<4 * group + 4 {
              let value = values[Int(text[place])]
              precondition(value < 64, "the build wrote something other than base64")
              bits = bits << 6 | UInt32(value)
            }
            bytes[3 * group] = UInt8(truncatingIfNeeded: bits >> 16)
            bytes[3 * group + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            bytes[3 * group + 2] = UInt8(truncatingIfNeeded: bits)
          }
        }
      }
      bytes.removeLast(padding)
      return bytes
    }
  }

  /// By character; 64 for what is none of base64's. Padding counts as zero: its bytes are dropped.
  private static let values: [UInt8] = {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    var values = [UInt8](repeating: 64, count: 256)
    alphabet.withUTF8Buffer { for (value, character) in $0.enumerated() { values[Int(character)] = UInt8(value) } }
    values[Int(UInt8(ascii: "="))] = 0
    return values
  }()
}
