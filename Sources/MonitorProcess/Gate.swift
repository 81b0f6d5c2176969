import CLinux

/// Closed until somebody opens it, for ever then.
final class Gate: @unchecked Sendable {
  /// 1 when it is open. Accessed by the atomic functions of the C shim alone.
  private let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

  init() { word.initialize(to: 0) }

  deinit { word.deallocate() }

  var isOpen: Bool { coffer_word_load(word) == 1 }

  func open() {
    coffer_word_store(word, 1)
    coffer_word_wake(word)
  }

  func pass() {
    while !isOpen { coffer_word_wait(word, 0) }
  }
}
