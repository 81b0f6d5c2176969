import Machine

private let none = Lives.Wrong(description: "no thread could be started")

func startThread(_ body: @escaping @Sendable () -> Void) throws {
  guard HostThread.startDetached(body) else { throw none }
}

func withFourThreads(_ body: @escaping @Sendable () -> Void) throws {
  let threads = (0..<4).map { _ in HostThread.start(body) }
  for thread in threads { thread?.join() }
  guard threads.allSatisfy({ $0 != nil }) else { throw none }
}
