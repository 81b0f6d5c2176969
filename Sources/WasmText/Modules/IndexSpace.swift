/// One of a module's index spaces, and the identifiers bound in it (specification 6.6.1).
struct IndexSpace: Sendable {
  /// The word for its members in messages.
  let noun: StaticString
  private(set) var count: UInt32 = 0
  /// In ascending order of the indices.
  private(set) var names: [(index: UInt32, name: Spelling)] = []
  private var indices: [Spelling: UInt32] = [:]

  init(_ noun: StaticString) { self.noun = noun }

  /// The index of the new member; nil when its name is taken.
  mutating func bind(_ name: Spelling?) -> UInt32? {
    if let name {
      guard indices.updateValue(count, forKey: name) == nil else { return nil }
      names.append((count, name))
    }
    defer { count += 1 }
    return count
  }

  func index(of name: Spelling) -> UInt32? { indices[name] }
}

extension Cursor {
  /// An index, given as a number or by name. A number is not compared with the count: that is validation's part.
  mutating func index(in space: IndexSpace) throws(WatError) -> UInt32 {
    let start = token
    guard let name = try identifier() else { return try unsigned32() }
    guard let index = space.index(of: name) else { throw error("unknown \(space.noun) $\(name.excerpt)", at: start) }
    return index
  }

  mutating func bind(in space: inout IndexSpace) throws(WatError) -> UInt32 {
    let start = token
    let name = try identifier()
    guard let index = space.bind(name) else {
      throw error("duplicate \(space.noun) $\(name?.excerpt ?? "")", at: start)
    }
    return index
  }
}
