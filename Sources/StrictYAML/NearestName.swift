/// The one of `names` that is the fewest insertions, removals and replacements away from `wanted`, the first of several; nil where none is
/// so near that it may be meant: a third of the length of `wanted`.
public func nearestName(to wanted: String, among names: [String]) -> String? {
  let target = Array(wanted.lowercased().utf8.prefix(64))
  let nearest = names.map { (name: $0, distance: editDistance(target, Array($0.utf8))) }.min { $0.distance < $1.distance }
  guard let nearest, nearest.distance * 3 <= target.count else { return nil }
  return nearest.name
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for (position, byte) in left.enumerated() {
    var diagonal = row[0]
    row[0] = position + 1
    for (column, other) in right.enumerated() {
      let above = row[column + 1]
      row[column + 1] = byte == other ? diagonal : 1 + min(diagonal, above, row[column])
      diagonal = above
    }
  }
  return row[right.count]
}
