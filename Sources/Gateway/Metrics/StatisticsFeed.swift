import FunctionDispatch
import Synchronization

/// Takes a picture of the node each second for everyone who looks, and none while nobody does.
public final class StatisticsFeed: Sendable {
  private struct State {
    var followers: [UInt64: (continuation: AsyncStream<NodePicture>.Continuation, viewer: Viewer)] = [:]
    var places = WatchPlaces()
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
  func follow(_ viewer: Viewer) -> AsyncStream<NodePicture>? {
    let (stream, continuation) = AsyncStream<NodePicture>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number: UInt64? = state.withLock { state in
      if state.isOver {
        continuation.finish()
        return 0
      }
      guard state.places.take(for: viewer) else { return nil }
      state.lastNumber += 1
      state.followers[state.lastNumber] = (continuation, viewer)
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
    for follower in followers { follower.continuation.finish() }
  }

  private func leave(_ number: UInt64) {
    state.withLock { state in
      if let follower = state.followers.removeValue(forKey: number) { state.places.giveBack(of: follower.viewer) }
    }
  }

  private func run() async {
    var counts: NodePicture.Counts?
    while true {
      let picture = NodePicture(await source.statistics(), deployed: directory.deployed(), previous: counts)
      counts = picture.counts
      let followers = state.withLock { state in
        state.latest = picture
        if state.followers.isEmpty { (state.clock, state.latest) = (nil, nil) }
        return state.followers.values.map(\.continuation)
      }
      guard !followers.isEmpty else { return }
      for follower in followers { follower.yield(picture) }
      try? await Task.sleep(for: interval)
    }
  }
}
