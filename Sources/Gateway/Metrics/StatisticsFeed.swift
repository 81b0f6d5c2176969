import FunctionDispatch
import Synchronization

/// Takes a picture of the node each second for everyone who looks, and none while nobody does.
public final class StatisticsFeed: Sendable {
  /// Who looks at a time.
  public static let followerLimit = 256

  private struct State {
    var followers: [UInt64: AsyncStream<NodePicture>.Continuation] = [:]
    var lastNumber: UInt64 = 0
    var latest: NodePicture?
    var clock: Task<Void, Never>?
    var isOver = false
  }

  private let source: any StatisticsSource
  private let directory: any FunctionDirectory
  private let interval: Duration
  private let state = Mutex(State())

  public init(source: any StatisticsSource, directory: any FunctionDirectory, interval: Duration = .seconds(1)) {
    (self.source, self.directory, self.interval) = (source, directory, interval)
  }

  /// The node now, without rates.
  func picture() async -> NodePicture {
    NodePicture(await source.statistics(), deployed: directory.deployed())
  }

  /// A picture at once, then one each second; who is slow misses some. Ends when the node does.
  /// - Returns: nil when too many look already.
  func follow() -> AsyncStream<NodePicture>? {
    let (stream, continuation) = AsyncStream<NodePicture>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number: UInt64? = state.withLock { state in
      if state.isOver {
        continuation.finish()
        return 0
      }
      guard state.followers.count < Self.followerLimit else { return nil }
      state.lastNumber += 1
      state.followers[state.lastNumber] = continuation
      if let latest = state.latest { continuation.yield(latest) }
      if state.clock == nil { state.clock = Task { await self.run() } }
      return state.lastNumber
    }
    guard let number else { return nil }
    continuation.onTermination = { [weak self] _ in self?.leave(number) }
    return stream
  }

  package var followerCount: Int { state.withLock { $0.followers.count } }

  /// The node ends: so do all streams.
  public func drain() {
    let followers = state.withLock { state in
      state.isOver = true
      defer { state.followers = [:] }
      return Array(state.followers.values)
    }
    for follower in followers { follower.finish() }
  }

  private func leave(_ number: UInt64) {
    _ = state.withLock { $0.followers.removeValue(forKey: number) }
  }

  private func run() async {
    var counts: NodePicture.Counts?
    while true {
      let picture = NodePicture(await source.statistics(), deployed: directory.deployed(), previous: counts)
      counts = picture.counts
      let followers = state.withLock { state in
        state.latest = picture
        if state.followers.isEmpty { (state.clock, state.latest) = (nil, nil) }
        return state.followers.values.map { $0 }
      }
      guard !followers.isEmpty else { return }
      for follower in followers { follower.yield(picture) }
      try? await Task.sleep(for: interval)
    }
  }
}
