/// Secrets of the manifest, once they are in this instance: where the program finds them.
extension LibraryOS {
  /// - Parameters:
  ///   - secret: the caller erases it afterwards; no further copy is made.
  ///   - name: one of ``ProgramSettings/secrets``.
  /// - Throws: ``SystemError/invalid`` for a variable's value with a NUL byte, ``SystemError/noSpace``; what making a file throws.
  package func deliver(_ secret: MemoryRegion, as name: [UInt8]) throws(SystemError) {
    if let separator = name.lastIndex(of: RelativePath.separator) {
      guard let scratch, let scratchRoot else { throw .notFound }
      var contents = OneRegion(rest: secret)
      guard try scratch.add(.file, name[(separator + 1)...], to: scratchRoot).write(&contents, at: 0) == secret.count else { throw .noSpace }
    } else {
      var entry = name + [UInt8(ascii: "=")]
      entry.reserveCapacity(entry.count + Int(truncatingIfNeeded: secret.count))
      for offset in 0..<secret.count { entry.append(try secret.load8(offset)) }
      guard !entry.contains(0) else { throw .invalid }
      settings.environment.append(entry)
    }
  }
}

private struct OneRegion: BufferList {
  var rest: MemoryRegion
  var remaining: UInt64 { rest.count }

  mutating func next(limit: UInt64) throws(SystemError) -> MemoryRegion? {
    let part = rest.prefix(limit)
    rest = try rest.slice(part.count, rest.count - part.count)
    return part.count > 0 ? part : nil
  }
}
