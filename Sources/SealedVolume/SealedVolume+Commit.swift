#if canImport(GuestCrypto)
  import GuestCrypto
#endif

extension SealedVolume {
  /// Makes everything written so far count: after a crash the volume opens with all of it, or with none.
  ///
  /// - Parameter publish: keeps the new version in place of ``version``, as a broker does by compare-and-swap. When it is called, both versions can
  ///   be opened; when it returns, the new one counts. If it throws, only the broker knows which counts, and the volume has to be opened anew.
  /// - Returns: the version that counts now; the old one, and nothing published, where nothing has changed.
  @discardableResult
  public mutating func commit<Failure: Error>(_ publish: (VolumeVersion) throws(Failure) -> Void) throws(VolumeCommitError<Failure>) -> VolumeVersion {
    guard !isUndecided else { throw .volume(.undecided) }
    guard hasChanges else { return version }
    let next: VolumeVersion
    do { next = try writeRoot() } catch { throw .volume(error) }
    do { try publish(next) } catch { throw .publish(error) }
    isUndecided = false
    hasChanges = false
    version = next
    committedCounter = next.counter
    rootPlace = 1 - rootPlace
    return next
  }

  /// For a volume whose version nobody keeps: it survives crashes, but a host can show an old one.
  @discardableResult
  public mutating func commit() throws(VolumeError) -> VolumeVersion {
    do { return try commit { _ throws(Never) in } } catch {
      switch error {
      case .volume(let error): throw error
      }
    }
  }

  /// The nodes from the lowest layer up, so that each parent is sealed with its children's last versions; then, when all that is safe, the root.
  private mutating func writeRoot() throws(VolumeError) -> VolumeVersion {
    for layer in 1...layout.topLayer where cache.dirtyCount > 0 {
      for place in cache.dirtyPlaces(layer: layer) { try seal(node: place) }
    }
    try sendWaiting()
    try store.flushAll()
    let next = try nextVersion()
    let root = VolumeRoot(version: next, blockCount: blockCount, top: top)
    var block = SecretBytes(count: VolumeLayout.blockSize)
    // From here on the store may have the new root, and what it stands for must stay as it is.
    isUndecided = true
    try block.withMutableBytes { (block) throws(VolumeError) in
      do throws(CryptographyError) { try root.seal(into: block, &keys) } catch { throw .exhausted }
      try store.writeAll(1 - rootPlace, UnsafeRawBufferPointer(block))
    }
    try store.flushAll()
    return next
  }
}
