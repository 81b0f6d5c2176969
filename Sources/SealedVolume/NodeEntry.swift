/// What a node knows of a child: its version, which of its two places it is in, and its tag. Forty bytes; all zeros for what was never written.
struct NodeEntry: BitwiseCopyable {
  static let size = 40
  private static let secondPlace: UInt64 = 1 << 63

  private var sessionFirst: UInt64 = 0
  private var sessionLast: UInt64 = 0
  /// The counter, and the place in the highest bit.
  private var counterAndPlace: UInt64 = 0
  private var tagFirst: UInt64 = 0
  private var tagLast: UInt64 = 0

  init() {}

  init(version: VolumeVersion, isSecond: Bool, tag: (UInt64, UInt64)) {
    (sessionFirst, sessionLast) = (version.session.first, version.session.last)
    counterAndPlace = version.counter | (isSecond ? NodeEntry.secondPlace : 0)
    (tagFirst, tagLast) = tag
  }

  var session: VolumeSession { VolumeSession(first: sessionFirst, last: sessionLast) }
  var counter: UInt64 { counterAndPlace & ~NodeEntry.secondPlace }
  var isSecond: Bool { counterAndPlace & NodeEntry.secondPlace != 0 }
  var isEmpty: Bool { counter == 0 }
  var tag: (UInt64, UInt64) { (tagFirst, tagLast) }
}
