import FunctionCalls
import Glibc
import LocalProcesses
import Synchronization
import TrustletImage

/// The socket that this process and its attester have: any thread asks and waits for its answer.
final class AttesterLine: Sendable {
  /// Why there is no answer, or none that helps; for the function's author.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  /// Somebody who waits.
  private final class Waiter: Sendable {
    let bell: Bell
    let answer = Mutex<Frame?>(nil)

    init() throws(StartError) { bell = try Bell() }
  }

  private struct State {
    var waiting: [UInt32: Waiter] = [:]
    var lastNumber: UInt32 = 0
  }

  private let connection: FrameConnection
  private let machine: String
  private let isClosed: Bool
  private let state = Mutex(State())

  /// Seconds until an attester that reads nothing is given up.
  private static let patience = 30

  /// - Parameters:
  ///   - machine: what isolates every instance here.
  ///   - isClosed: whether nobody but the system's administrator can look into them.
  init(_ socket: Int32, machine: String, isClosed: Bool) {
    connection = FrameConnection(socket, patience: Self.patience)
    (self.machine, self.isClosed) = (machine, isClosed)
  }

  /// Passes answers on, on a thread of its own. - Returns: why that is over.
  func serve() -> String {
    do throws(FrameError) {
      while let frame = try connection.next() {
        let waiter = state.withLock { $0.waiting[frame.number] }
        waiter?.answer.withLock { $0 = frame }
        waiter?.bell.ring()
      }
      return "the attester has ended"
    } catch {
      return "the attester broke the rules: \(error)"
    }
  }

  /// What this process states of an instance of the image.
  func claim(_ measurement: [UInt8], _ image: TrustletImage, _ holder: InstanceClaim.KeyHolder, _ key: [UInt8] = []) -> InstanceClaim {
    InstanceClaim(
      measurement: measurement, manifest: image.manifest.canonicalEncoding, machine: machine, isClosed: isClosed, keyHolder: holder, key: key)
  }

  /// - Parameter time: nanoseconds to wait at most.
  func evidence(_ request: EvidenceRequest, within time: UInt64) throws -> [UInt8] {
    let answer = try ask(.evidence, request.payload, time)
    guard answer.kind == .vouched else { throw Refusal(description: "the attester refused: \(Self.text(answer))") }
    return answer.payload
  }

  func secrets(_ request: SecretsRequest, within time: UInt64) throws -> [[UInt8]] {
    let answer = try ask(.secrets, request.payload, time)
    guard answer.kind == .released else { throw Refusal(description: Self.text(answer)) }
    return try SealedSecrets(answer.payload[...]).messages
  }

  private static func text(_ frame: Frame) -> String { String(decoding: frame.payload.prefix(4096), as: UTF8.self) }

  private func ask(_ kind: FrameKind, _ payload: [UInt8], _ time: UInt64) throws -> Frame {
    let waiter = try Waiter()
    let number = state.withLock { state in
      repeat { state.lastNumber &+= 1 } while state.waiting[state.lastNumber] != nil
      state.waiting[state.lastNumber] = waiter
      return state.lastNumber
    }
    defer { state.withLock { _ = $0.waiting.removeValue(forKey: number) } }
    guard payload.count <= FrameHeader.payloadLimit, connection.send(Frame(kind, number: number, payload: payload)) else {
      throw Refusal(description: "the attester does not listen")
    }
    waiter.bell.wait(nanoseconds: Int64(clamping: time))
    guard let answer = waiter.answer.withLock({ $0 }) else { throw Refusal(description: "no answer within \(time / 1_000_000) ms") }
    return answer
  }
}
