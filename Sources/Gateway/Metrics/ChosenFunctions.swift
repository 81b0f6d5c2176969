/// The functions that have lines of their own on a page of numbers: as long as there is room, whoever was seen with calls first.
struct ChosenFunctions {
  /// By tenant, in the order in which they were seen.
  private var names: [String: [String]] = [:]
  /// With their tenants.
  private var tenants: [String: String] = [:]

  func contains(_ row: NodePicture.Row) -> Bool { tenants[row.name] == row.tenant }

  /// - Parameter called: all that were called and are there.
  mutating func choose(among called: [NodePicture.Row], limit: Int) {
    let present = Dictionary(called.map { ($0.name, $0.tenant) }) { first, _ in first }
    for (tenant, own) in names {
      let left = own.filter { present[$0] == tenant }
      guard left.count < own.count else { continue }
      for name in own where present[name] != tenant && tenants[name] == tenant { tenants[name] = nil }
      names[tenant] = left.isEmpty ? nil : left
    }
    let owners = Set(called.map(\.tenant))
    let share = max(1, limit / max(1, owners.count))
    // A share is there for everybody, also where others have taken all.
    for row in called where tenants[row.name] == nil && names[row.tenant, default: []].count < share { add(row) }
    while tenants.count > limit, let most = names.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) })?.key {
      if let name = names[most]?.popLast() { tenants[name] = nil }
      if names[most]?.isEmpty == true { names[most] = nil }
    }
    for row in called where tenants.count < limit && tenants[row.name] == nil { add(row) }
  }

  private mutating func add(_ row: NodePicture.Row) {
    names[row.tenant, default: []].append(row.name)
    tenants[row.name] = row.tenant
  }
}
