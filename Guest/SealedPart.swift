import GuestRuntime

// The bodies of the hooks `coffer_open_sealed` and `coffer_commit_sealed`, which the entry calls in front of a program and behind it. The image's link line names
// one of each pair, and what the other needs is left out.

/// For images whose manifest has a sealed directory.
/// - Returns: nil if the program may begin, otherwise why not.
@_silgen_name("coffer_open_sealed_linked")
public func openSealedDirectory(_ os: LibraryOS) -> StaticString? {
  do throws(SealedFailure) {
    try os.openSealedDirectory { size in
      coffer_heap_extend()
      // Behind scratch space, in the region that the image has for both; its size follows from the measured manifest, which is where this one comes from too.
      let start = MemoryMap.scratch + (os.settings.scratch.map { GuestManifest.scratchRegionSize($0.size) } ?? 0)
      guard let memory = UnsafeMutableRawPointer(bitPattern: UInt(start)) else { coffer_halt() }
      return memory
    }
    return nil
  } catch {
    return error.reason
  }
}

@_silgen_name("coffer_open_sealed_left_out")
public func refuseSealedDirectory(_ os: LibraryOS) -> StaticString? {
  os.settings.secrets.contains { $0.first == GuestManifest.volumeKeyMark }
    ? "the manifest has a sealed directory, and the image has no part that could open it: build the image again" : nil
}

@_silgen_name("coffer_commit_sealed_linked")
public func commitSealedDirectory(_ os: LibraryOS) -> StaticString? {
  do throws(SealedFailure) {
    try os.commitSealedDirectory()
    return nil
  } catch {
    return error.reason
  }
}

@_silgen_name("coffer_commit_sealed_left_out")
public func commitNothing(_ os: LibraryOS) -> StaticString? { nil }
