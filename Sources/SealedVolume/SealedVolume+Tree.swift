#if canImport(GuestCrypto)
  import GuestCrypto
#endif

/// The tree above the blocks: finding a node, reading it with its check, and sealing one that has changed.
extension SealedVolume {
  /// The place in the cache of the leaf for a block.
  mutating func leaf(_ index: UInt64) throws(VolumeError) -> Int32 {
    if recentLeaf.place != NodeCache.none, recentLeaf.index == index { return recentLeaf.place }
    var place = cache.top
    if place == NodeCache.none { place = try load(layer: layout.topLayer, index: 0, parent: NodeCache.none) }
    var layer = layout.topLayer
    while layer > 1 {
      layer -= 1
      var ancestor = index
      for _ in 1..<layer { ancestor /= VolumeLayout.fanOut }
      let child = cache.child(place, Int(ancestor % VolumeLayout.fanOut))
      place = child != NodeCache.none ? child : try load(layer: layer, index: ancestor, parent: place)
    }
    recentLeaf = (index, place)
    return place
  }

  /// Reads a node into the cache. Whatever the host answers, it is what was written there last, or an error.
  private mutating func load(layer: Int, index: UInt64, parent: Int32) throws(VolumeError) -> Int32 {
    // The parent must not go to make room for its child.
    cache.hold(parent)
    defer { cache.release(parent) }
    let place = cache.candidate()
    if cache.isDirty(place) {
      try seal(node: place)
      // While it is here it can still be said to have changed.
      try sendWaiting()
    }
    if recentLeaf.place == place { recentLeaf.place = NodeCache.none }
    cache.clear(place)
    let entry = parent == NodeCache.none ? top : cache.entry(parent, Int(index % VolumeLayout.fanOut))
    let bytes = cache.bytes(place)
    if entry.isEmpty {
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
    } else {
      try store.readAll(layout.position(layer: layer, index: index, isSecond: entry.isSecond), bytes)
      try open(UnsafeRawBufferPointer(bytes), into: bytes, entry, layer: layer, index: index)
    }
    cache.enter(place, layer: layer, index: index, parent: parent)
    return place
  }

  /// Seals a node that has changed, to be written to its uncommitted place; its parent learns of it, and changes with it.
  mutating func seal(node place: Int32) throws(VolumeError) {
    let (layer, index, parent) = (cache.layer(place), cache.index(place), cache.parent(place))
    let child = Int(index % VolumeLayout.fanOut)
    let old = parent == NodeCache.none ? top : cache.entry(parent, child)
    let entry = try put(UnsafeRawBufferPointer(cache.bytes(place)), inPlaceOf: old, layer: layer, index: index)
    if parent == NodeCache.none { top = entry } else { cache.set(entry, parent, child) }
    cache.mark(place, isDirty: false)
    waitingNodes.append(place)
  }

  /// Which of its two places may be overwritten: the one that the committed root does not know.
  func freePlace(of entry: NodeEntry) -> Bool {
    if entry.isEmpty { return false }
    return entry.counter > committedCounter ? entry.isSecond : !entry.isSecond
  }

  mutating func seal(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ version: VolumeVersion, _ isSecond: Bool, layer: Int, index: UInt64
  ) throws(VolumeError) -> NodeEntry {
    let position = (UInt64(layer).littleEndian, index.littleEndian)
    do {
      let tag = try keys.withKey(of: version.session) { (key) throws(CryptographyError) in
        try withBytes(of: position) { (associated) throws(CryptographyError) in
          try key.seal(text, into: output, nonce: .block(version.counter), associated: associated)
        }
      }
      return NodeEntry(version: version, isSecond: isSecond, tag: tag.words)
    } catch {
      throw .exhausted
    }
  }

  mutating func open(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ entry: NodeEntry, layer: Int, index: UInt64
  ) throws(VolumeError) {
    let position = (UInt64(layer).littleEndian, index.littleEndian)
    do {
      try keys.withKey(of: entry.session) { (key) throws(CryptographyError) in
        try withBytes(of: position) { (associated) throws(CryptographyError) in
          try key.open(text, into: output, nonce: .block(entry.counter), associated: associated, tag: AES256.Tag(words: entry.tag))
        }
      }
    } catch {
      throw .damaged(layer: layer, index: index)
    }
  }
}

/// As `withUnsafeBytes`, with the error's type.
private func withBytes<Value: BitwiseCopyable, Result, Failure: Error>(
  of value: Value, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  try withUnsafePointer(to: value) { (pointer) throws(Failure) in
    try body(UnsafeRawBufferPointer(start: pointer, count: MemoryLayout<Value>.size))
  }
}
