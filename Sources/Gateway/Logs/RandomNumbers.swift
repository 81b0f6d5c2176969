import CLinux
import Synchronization

/// Numbers that nobody can foresee. As `SystemRandomNumberGenerator`, but for a system call for very many of them: each request takes three.
struct RandomNumbers: RandomNumberGenerator {
  private struct Store {
    var numbers = [UInt64](repeating: 0, count: 512)
    var left = 0
  }

  private static let store = Mutex(Store())

  func next() -> UInt64 {
    Self.store.withLock { store in
      if store.left == 0 {
        guard store.numbers.withUnsafeMutableBytes({ coffer_random_bytes($0.baseAddress, $0.count) }) else {
          return UInt64.random(in: 0...UInt64.max)
        }
        store.left = store.numbers.count
      }
      store.left -= 1
      return store.numbers[store.left]
    }
  }
}
