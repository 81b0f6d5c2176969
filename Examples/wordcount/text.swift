func bytes(_ text: StaticString) -> [UInt8] { text.withUTF8Buffer { [UInt8]($0) } }

func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
  guard let text else { return [] }
  var all: [UInt8] = []
  var at = 0
  while text[at] != 0 {
    all.append(UInt8(bitPattern: text[at]))
    at += 1
  }
  return all
}

func decimal(_ number: UInt64) -> [UInt8] {
  var digits: [UInt8] = []
  var rest = number
  repeat {
    digits.insert(UInt8(truncatingIfNeeded: rest % 10) + 0x30, at: 0)
    rest /= 10
  } while rest != 0
  return digits
}
