import CLinux
import Evidence
import FunctionCalls
import Glibc
import LocalProcesses
import Synchronization

/// The process that carries messages to a broker and back. It has the network and no key: it is given evidence for the broker's nonces, and what it
/// brings only an instance can open.
final class CarrierLink: Sendable {
  /// Why nothing was fetched, for the operator.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  typealias Evidence = @Sendable (NonceBinder.Answer) throws(EvidenceError) -> [UInt8]
  typealias Answer = @Sendable (Result<[UInt8], Failure>) -> Void

  private struct Errand: Sendable {
    let evidence: Evidence
    let then: Answer
    /// A broker asks once for each session, and again where it has forgotten one.
    var challenges = 0
  }

  private struct State {
    var connection: FrameConnection?
    var errands: [UInt32: Errand] = [:]
    var lastNumber: UInt32 = 0
  }

  private let program: ChildProgram
  private let binder: NonceBinder
  private let state = Mutex(State())

  private static let challengeLimit = 4
  /// Seconds until a carrier that reads nothing is given up.
  private static let patience = 10
  /// Microseconds between one that has died and the next.
  private static let pause: UInt32 = 500_000

  /// - Parameter command: the program and its arguments.
  init(_ command: [String], _ binder: NonceBinder) {
    program = ChildProgram(command.first ?? "", arguments: Array(command.dropFirst()))
    self.binder = binder
  }

  /// - Parameters:
  ///   - evidence: of the instance, for a nonce that is bound.
  ///   - then: is called once, on any thread.
  func fetch(_ order: FetchOrder, evidence: @escaping Evidence, then: @escaping Answer) {
    let (connection, number) = state.withLock { state -> (FrameConnection?, UInt32) in
      guard let connection = state.connection else { return (nil, 0) }
      repeat { state.lastNumber &+= 1 } while state.errands[state.lastNumber] != nil
      state.errands[state.lastNumber] = Errand(evidence: evidence, then: then)
      return (connection, state.lastNumber)
    }
    guard let connection else { return then(.failure(Failure(description: "the carrier of messages to the broker has died, and is started again"))) }
    // One that does not take it is noticed by the thread that reads, which ends all errands.
    connection.send(Frame(.fetch, number: number, payload: order.payload))
  }

  /// Keeps a carrier running, for ever, on a thread of its own, which that process does not outlive.
  func serve() {
    while true {
      do throws(ProcessError) {
        try serveOne()
      } catch {
        complain("\(error)")
      }
      usleep(Self.pause)
    }
  }

  private func serveOne() throws(ProcessError) {
    let (connection, child) = try startOne()
    state.withLock { $0.connection = connection }
    do throws(FrameError) {
      while let frame = try connection.next() { try serve(frame, connection) }
    } catch {
      complain("the carrier broke the rules: \(error)")
    }
    let left = state.withLock { state in
      defer {
        state.connection = nil
        state.errands = [:]
      }
      return state.errands.values.map(\.then)
    }
    coffer_trustlet_kill(child.pidfd)
    var end = coffer_exit()
    _ = coffer_reap(child.pidfd, 1, &end)
    close(child.pidfd)
    for then in left { then(.failure(Failure(description: "the carrier of messages to the broker has died; call again"))) }
  }

  /// Their end is the carrier's alone, so that its death is seen.
  private func startOne() throws(ProcessError) -> (FrameConnection, coffer_child) {
    let pair = try SocketPair()
    let nothing = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
    defer {
      close(pair.theirs)
      if nothing >= 0 { close(nothing) }
    }
    let connection = FrameConnection(pair.mine, patience: Self.patience)
    return (connection, try program.start([nothing, nothing, 2, pair.theirs]))
  }

  private func serve(_ frame: Frame, _ connection: FrameConnection) throws(FrameError) {
    switch frame.kind {
    case .challenge:
      let evidence = state.withLock { state -> Evidence? in
        guard var errand = state.errands[frame.number], errand.challenges < Self.challengeLimit else { return nil }
        errand.challenges += 1
        state.errands[frame.number] = errand
        return errand.evidence
      }
      guard let evidence else { return }
      binder.bind(frame.payload) { bound in
        do throws(EvidenceError) {
          connection.send(Frame(.vouched, number: frame.number, payload: try evidence(bound)))
        } catch {
          connection.send(Frame(.denied, number: frame.number, payload: Array(error.description.utf8.prefix(4096))))
        }
      }
    case .released:
      // Its form is the attester's business only as far as the monitor must be able to read it.
      let secrets = try SealedSecrets(frame.payload[...])
      take(frame.number)?(.success(secrets.payload))
    case .denied: take(frame.number)?(.failure(Failure(description: String(decoding: frame.payload.prefix(4096), as: UTF8.self))))
    default: throw .unexpected(frame.kind)
    }
  }

  private func take(_ number: UInt32) -> Answer? { state.withLock { $0.errands.removeValue(forKey: number)?.then } }

  private func complain(_ text: String) {
    let line = Array("coffer-attester: \(text)\n".utf8)
    _ = write(2, line, line.count)
  }
}
