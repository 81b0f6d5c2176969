import Synchronization

/// How many clones of a template there are.
final class LiveClones: Sendable {
  /// One of them; counted until it is gone.
  final class One: Sendable {
    private let all: LiveClones

    fileprivate init(_ all: LiveClones) {
      self.all = all
      all.count.add(1, ordering: .relaxed)
    }

    deinit { all.count.subtract(1, ordering: .relaxed) }
  }

  private let count = Atomic<Int>(0)

  func one() -> One { One(self) }

  /// As many as calls that only compute are given on a machine with four processors.
  private static let few = 8

  var areFew: Bool { count.load(ordering: .relaxed) < Self.few }
}
