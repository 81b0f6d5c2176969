/// Results for machines. Small enough to be written here, so that starting a program does not load Foundation.
indirect enum JSON: CustomStringConvertible {
  case string(String)
  case number(UInt64)
  case decimal(Double)
  case boolean(Bool)
  case null
  case array([JSON])
  case object([(String, JSON)])
  /// What is JSON already.
  case encoded([UInt8])

  var description: String {
    switch self {
    case .string(let text): Self.quoted(text)
    case .number(let value): "\(value)"
    case .decimal(let value): value.isFinite ? "\(value)" : "null"
    case .boolean(let value): "\(value)"
    case .null: "null"
    case .array(let items): "[" + items.map(\.description).joined(separator: ",") + "]"
    case .encoded(let bytes): String(decoding: bytes, as: UTF8.self)
    case .object(let members):
      "{" + members.map { Self.quoted($0) + ":" + $1.description }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
