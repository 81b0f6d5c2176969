import CLinux
import FunctionCalls
import Glibc
import Synchronization

/// The socket on which this process asks its front for connections: it may make none itself.
final class ConnectionLine: Sendable {
  /// A connection that is being made. Rings when it is there, or will not be.
  final class Pending: Sendable {
    enum Outcome: Equatable {
      case waiting
      case made(Made)
      /// Of a name that was asked for.
      case found([ConnectionAnswer.Place])
      case failed(UInt32)
      case taken
    }

    let bell: Bell
    private let outcome = Mutex(Outcome.waiting)

    let isLookup: Bool

    init(isLookup: Bool) throws(StartError) { (bell, self.isLookup) = (try Bell(), isLookup) }

    deinit { if case .made(let connection) = take() { connection.close() } }

    func settle(_ found: Outcome) {
      outcome.withLock { $0 = found }
      bell.ring()
    }

    /// Once; `waiting` as long as there is nothing.
    func take() -> Outcome {
      outcome.withLock { outcome in
        switch outcome {
        case .made, .found: defer { outcome = .taken }; return outcome
        default: return outcome
        }
      }
    }
  }

  /// A connection; it is whoever's it is who took it.
  struct Made: Equatable {
    let line: ConnectionLine
    let number: UInt32
    let descriptor: Int32
    /// Its own place and its peer's; none where TLS is spoken in between.
    let places: [ConnectionAnswer.Place]
    /// The instance will write no more.
    var hasFinished = false

    /// Whether an end is a cut; only TLS tells one from the other. See `Encryption.isCut` of HostNetwork.
    var isCut: Bool { places.isEmpty && !hasFinished && coffer_net_has_hung_up(descriptor) != 0 }

    static func == (one: Made, other: Made) -> Bool { one.descriptor == other.descriptor && one.number == other.number }

    func close() {
      Glibc.close(descriptor)
      line.sayClosed(number)
    }
  }

  private struct State {
    var waiting: [UInt32: Pending] = [:]
    var lastNumber: UInt32 = 0
  }

  private let socket: Int32
  private let state = Mutex(State())

  init(_ socket: Int32) { self.socket = socket }

  /// Passes answers on, on a thread of its own. - Returns: why that is over.
  func serve() -> String {
    while true {
      if let end = takeAnswer() { return end }
    }
  }

  /// Waits for an answer, and passes it on. - Returns: why there was none; nil where there was.
  func takeAnswer() -> String? {
    var space = [UInt8](repeating: 0, count: ConnectionAnswer.sizeLimit + 1)
    var descriptor: Int32 = -1
    let count = space.withUnsafeMutableBytes { coffer_socket_receive(socket, $0.baseAddress, $0.count, 0, &descriptor) }
    guard count > 0, let answer = ConnectionAnswer(Array(space[..<count])) else {
      if descriptor >= 0 { close(descriptor) }
      return count > 0 ? "the front broke the rules of connections" : "the front makes no connections any more"
    }
    let pending = state.withLock { $0.waiting.removeValue(forKey: answer.number) }
    if let pending, !pending.isLookup, answer.error == 0, descriptor >= 0 {
      pending.settle(.made(Made(line: self, number: answer.number, descriptor: descriptor, places: answer.places)))
      return nil
    }
    if descriptor >= 0 { close(descriptor) }
    if let pending, pending.isLookup, answer.error == 0 {
      pending.settle(.found(answer.places))
    } else if answer.error == 0 {
      // The instance has ended meanwhile, or this process has no descriptor left, so that none came.
      sayClosed(answer.number)
      pending?.settle(.failed(UInt32(EMFILE)))
    } else {
      pending?.settle(.failed(answer.error))
    }
    return nil
  }

  /// The front counts what is open. It reads at any time, so that this waits for moments at most.
  fileprivate func sayClosed(_ number: UInt32) {
    let request = ConnectionRequest(.close, number: number).bytes
    _ = request.withUnsafeBytes { coffer_socket_write(socket, $0.baseAddress, $0.count, 0) }
  }

  /// - Returns: nil where the front cannot be asked now, or this process has no descriptor left.
  func ask(_ kind: ConnectionRequest.Kind, _ name: [UInt8], port: UInt16, of revision: UInt32) -> (number: UInt32, pending: Pending)? {
    guard let pending = try? Pending(isLookup: kind == .lookUp) else { return nil }
    let number = state.withLock { state in
      repeat { state.lastNumber &+= 1 } while state.waiting[state.lastNumber] != nil
      state.waiting[state.lastNumber] = pending
      return state.lastNumber
    }
    let request = ConnectionRequest(kind, number: number, revision: revision, port: port, name: name).bytes
    let sent = request.withUnsafeBytes { coffer_socket_write(socket, $0.baseAddress, $0.count, 1) }
    guard sent == request.count else {
      forget(number)
      return nil
    }
    return (number, pending)
  }

  /// Nobody wants it any more: a connection that comes all the same is closed.
  func forget(_ number: UInt32) { state.withLock { _ = $0.waiting.removeValue(forKey: number) } }
}
