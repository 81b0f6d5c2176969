/// A name in a scratch directory.
package final class ScratchEntry {
  package let name: [UInt8]
  /// Its place in listings, which it keeps as long as it is there: a listing that goes on while names come and go shows every name once
  /// that stays.
  let cookie: UInt64
  package let node: ScratchNode

  fileprivate init(name: [UInt8], cookie: UInt64, node: ScratchNode) {
    self.name = name
    self.cookie = cookie
    self.node = node
    node.system.nameCount += 1
  }

  deinit { node.system.nameCount -= 1 }
}

/// The names in a scratch directory, without "." and "..".
package struct ScratchEntries {
  /// In the order of ``isBefore(_:_:)``.
  private var byName: [ScratchEntry] = []
  private var byCookie: [ScratchEntry] = []
  /// After the two of "." and "..".
  private var nextCookie: UInt64 = 2

  var isEmpty: Bool { byName.isEmpty }

  package subscript(_ name: ArraySlice<UInt8>) -> ScratchEntry? {
    let index = place(of: name)
    guard index < byName.count, byName[index].name[...] == name else { return nil }
    return byName[index]
  }

  /// - Parameter name: is not there yet.
  package mutating func insert(_ name: ArraySlice<UInt8>, _ node: ScratchNode) {
    let entry = ScratchEntry(name: [UInt8](name), cookie: nextCookie, node: node)
    nextCookie += 1
    byName.insert(entry, at: place(of: name))
    byCookie.append(entry)
  }

  mutating func remove(_ entry: ScratchEntry) {
    let index = place(of: entry.name[...])
    if index < byName.count, byName[index] === entry { byName.remove(at: index) }
    let position = place(of: entry.cookie)
    if position < byCookie.count, byCookie[position] === entry { byCookie.remove(at: position) }
  }

  /// Those whose cookies are not below `cookie`, in the order in which they came.
  package func from(_ cookie: UInt64) -> ArraySlice<ScratchEntry> { byCookie[place(of: cookie)...] }

  private func place(of cookie: UInt64) -> Int {
    var (low, high) = (0, byCookie.count)
    while low < high {
      let middle = low + (high - low) / 2
      if byCookie[middle].cookie < cookie { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func place(of name: ArraySlice<UInt8>) -> Int {
    var (low, high) = (0, byName.count)
    while low < high {
      let middle = low + (high - low) / 2
      if isBefore(byName[middle].name[...], name) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Any total order will do: that of the lengths takes fewest comparisons.
  private func isBefore(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }
}
