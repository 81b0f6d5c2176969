import SeededNumbers

extension SeededGenerator {
  mutating func below(_ limit: Int) -> Int { limit <= 1 ? 0 : Int(next() % UInt64(limit)) }

  mutating func isOneOf(_ count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Element>(_ values: [Element]) -> Element { values[below(values.count)] }
}
