#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

/// Where a program looks for what no host may exchange: its sealed directory, and the scratch space that has its secrets' files.
///
/// Libraries find files by the longest path of a directory, and by the last of equal ones: a directory of the host's at one of these places, or within the
/// sealed one, would be found instead.
extension LibraryOS {
  var isOwnPlaceTaken: Bool {
    let offered = settings.directories.map { names($0.path) }
    for secret in settings.secrets {
      if secret.first == GuestManifest.volumeKeyMark {
        let own = names([UInt8](secret.dropFirst(GuestManifest.volumePathOffset)))
        for place in offered where place.count >= own.count && equal(place, own, own.count) { return true }
      } else if let scratch = settings.scratch, secret.contains(UInt8(ascii: "/")) {
        let own = names(scratch.path)
        for place in offered where place.count == own.count && equal(place, own, own.count) { return true }
      }
    }
    return false
  }

  /// A path's names, without those that lead nowhere.
  private func names(_ path: [UInt8]) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var name: [UInt8] = []
    for byte in path + [UInt8(ascii: "/")] {
      guard byte == UInt8(ascii: "/") else { name.append(byte); continue }
      if !name.isEmpty, name != [UInt8(ascii: ".")] { names.append(name) }
      name = []
    }
    return names
  }

  private func equal(_ left: [[UInt8]], _ right: [[UInt8]], _ count: Int) -> Bool {
    for index in 0..<count where left[index] != right[index] { return false }
    return true
  }
}
