#if canImport(SealedVolume)
  import SealedVolume
#endif

/// Why a program does not begin that has a sealed directory, or why what it wrote there last does not count.
package enum SealedFailure: Error {
  case malformedManifest
  case noKey
  case wrongKey
  case noEntropy
  case noVolume
  case noCounter
  case unknownBroker
  case malformedVersion
  case notEmpty
  case neverCounted
  case missing
  case otherVersion
  case otherSize
  case damaged
  case malformedTree
  case cut
  case noDescriptor
  case notPublished
  case host
  case hostFull
  case notCommitted

  init(_ error: VolumeError) {
    switch error {
    case .store(let error): self = error.code == 28 ? .hostFull : .host
    case .shortAnswer: self = .cut
    case .damaged: self = .damaged
    case .noRoot: self = .notEmpty
    case .otherVersion: self = .otherVersion
    case .wrongSize, .outOfRange: self = .otherSize
    case .malformed: self = .wrongKey
    case .usedSession: self = .noEntropy
    case .noSession, .undecided, .exhausted: self = .notCommitted
    }
  }

  /// For people; nothing in it tells of the key.
  package var reason: StaticString {
    switch self {
    case .malformedManifest: "the image's manifest says of its sealed directory what no build writes: build the image again"
    case .noKey: "the key of the sealed directory did not come with the secrets: build the image again"
    case .wrongKey: "the key of the sealed directory has to be 32 random bytes: put such a resource at the broker"
    case .noEntropy: "the processor gives no fresh randomness, without which nothing is written to a volume"
    case .noVolume: "the manifest has a sealed directory, and this host gives no file for it: name one, with --volume FILE"
    case .noCounter:
      "the manifest wants the sealed directory fresh, and there is no counter of a broker that would tell: use a broker that has counters, or say freshness: none in the manifest"
    case .unknownBroker:
      "the manifest wants the sealed directory fresh, and does not name the broker that counts: build the image again, with broker: {key: ...}, or freshness: none"
    case .malformedVersion: "the version that the broker's counter has for the volume is none"
    case .notEmpty:
      "the file holds no volume under this key, and is not empty: it is another volume's or the host has changed it; give the right file, or an empty one for a new volume"
    case .neverCounted:
      "the file holds a volume whose versions the broker has never counted, so nobody can tell whether it is the last: give an empty file, or the one that belongs to this resource"
    case .missing: "the file is empty, and the broker has counted versions of this volume: the host has lost it or hides it"
    case .otherVersion: "the file holds an old version of the volume, or a wrong one: the host has turned it back, as the broker's counter says"
    case .otherSize: "the file holds a volume of another size than the manifest says: keep the size with which it was made"
    case .damaged: "a block of the volume is not what was written there last: the host has changed, moved or lost it"
    case .malformedTree: "the volume is authentic, and what is in it is no directory as this version writes it: another version's, or another program's"
    case .cut: "the host answers less of the volume than was asked for: its file was cut, or the host fails"
    case .noDescriptor: "the limit of open files leaves no descriptor for the sealed directory: raise the manifest's open-files"
    case .notPublished: "the volume's new version was not taken by the broker's counter: look at the broker, and start anew"
    case .host: "the host's file of the volume cannot be read or written"
    case .hostFull: "the host has no room for the volume: make room where its file lies"
    case .notCommitted: "what the program wrote to the sealed directory since the last commit was not kept"
    }
  }
}
