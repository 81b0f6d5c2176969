/// Who asks for evidence at the moment: bounded in number and in time, so that nobody who is slow, or comes in numbers, keeps others out.
///
/// It reads and sends nothing: a connection is its owner's number, times are seconds of a clock that never goes back.
package struct EvidenceCallers {
  package static let limit = 64
  /// Until a request is whole, until its turn has come, and until its answer has been taken.
  package static let askingTime = 5.0, waitingTime = 60.0, takingTime = 5.0

  fileprivate enum State {
    case asking([UInt8])
    case waiting(EvidenceRequest)
    case taking(ArraySlice<UInt8>)
  }

  fileprivate struct Caller {
    let address: UInt32
    let arrival: UInt64
    var state: State
    var end: Double
  }

  private var callers: [Int32: Caller] = [:]
  private var arrivals: UInt64 = 0
  /// When each address that is here had its last turn, in turns.
  private var turns: [UInt32: UInt64] = [:]
  private var turn: UInt64 = 0

  package init() {}

  /// Takes a connection. Where all places are taken, of the address that has most of them the one goes that has been asking for longest; or of
  /// another's address the last that waits; or else the new one.
  /// - Returns: whose connection is to be closed.
  package mutating func admit(_ connection: Int32, from address: UInt32, at now: Double) -> Int32? {
    var displaced: Int32?
    if callers.count >= Self.limit {
      var places: [UInt32: Int] = [address: 1]
      for caller in callers.values { places[caller.address, default: 0] += 1 }
      let most = places.values.max() ?? 0
      let crowd = callers.filter { places[$0.value.address] == most }
      let asking = crowd.filter(\.value.isAsking).min { $0.value.arrival < $1.value.arrival }
      // Who shares the fewest places with others does not wait for those who have filled the rest.
      let waiting = most > places[address] ?? 0 ? crowd.filter { $0.value.request != nil }.max { $0.value.arrival < $1.value.arrival } : nil
      guard let (gone, _) = asking ?? waiting else { return connection }
      remove(gone)
      displaced = gone
    }
    arrivals += 1
    callers[connection] = Caller(address: address, arrival: arrivals, state: .asking([]), end: now + Self.askingTime)
    return displaced
  }

  /// Takes what a connection has sent. Once its request is whole, what follows is left out.
  package mutating func received(_ bytes: ArraySlice<UInt8>, from connection: Int32, at now: Double) {
    guard case .asking(let begun)? = callers[connection]?.state else { return }
    let head = begun + bytes
    guard EvidenceRequest.isComplete(head) else {
      if head.count < EvidenceRequest.limit { callers[connection]?.state = .asking(head) } else { remove(connection) }
      return
    }
    do throws(EvidenceRefusal) {
      callers[connection]?.state = .waiting(try EvidenceRequest(head))
      callers[connection]?.end = now + Self.waitingTime
    } catch {
      answer(connection, EvidenceAnswer.refusal(error), at: now)
    }
  }

  /// Whose turn it is: each address' in turn, and of one the oldest.
  package mutating func next() -> (connection: Int32, request: EvidenceRequest)? {
    let waiting = callers.filter { $0.value.request != nil }
    let first = waiting.min { (turns[$0.value.address] ?? 0, $0.value.arrival) < (turns[$1.value.address] ?? 0, $1.value.arrival) }
    guard let first, let request = first.value.request else { return nil }
    turn += 1
    turns[first.value.address] = turn
    return (first.key, request)
  }

  package var isAnyoneWaiting: Bool { callers.values.contains { $0.request != nil } }

  package mutating func answer(_ connection: Int32, _ bytes: [UInt8], at now: Double) {
    callers[connection]?.state = .taking(bytes[...])
    callers[connection]?.end = now + Self.takingTime
  }

  /// What is still to be sent.
  package func rest(of connection: Int32) -> ArraySlice<UInt8> { if case .taking(let rest)? = callers[connection]?.state { rest } else { [] } }

  /// So many bytes of the rest have gone; with the last one the connection is no longer here.
  package mutating func sent(_ count: Int, to connection: Int32) {
    let rest = rest(of: connection).dropFirst(count)
    if rest.isEmpty { remove(connection) } else { callers[connection]?.state = .taking(rest) }
  }

  package mutating func remove(_ connection: Int32) {
    guard let address = callers.removeValue(forKey: connection)?.address else { return }
    if !callers.values.contains(where: { $0.address == address }) { turns[address] = nil }
  }

  /// Ends those whose time is over; who has waited for a turn is told so.
  /// - Returns: whose connections are to be closed.
  package mutating func late(at now: Double) -> [Int32] {
    var closed: [Int32] = []
    for (connection, caller) in callers where caller.end <= now {
      if caller.request != nil {
        answer(connection, EvidenceAnswer.refusal(.busy), at: now)
      } else {
        remove(connection)
        closed.append(connection)
      }
    }
    return closed
  }

  package func isHere(_ connection: Int32) -> Bool { callers[connection] != nil }

  /// Each connection, and for what it is watched: to read a request, to send an answer, or only for its end.
  package var interests: [(connection: Int32, reads: Bool, sends: Bool)] {
    callers.map { ($0.key, $0.value.isAsking, !$0.value.isAsking && $0.value.request == nil) }
  }

  /// When somebody's time is over next.
  package var nextEnd: Double? { callers.values.map(\.end).min() }
}

extension EvidenceCallers.Caller {
  fileprivate var isAsking: Bool { if case .asking = state { true } else { false } }
  fileprivate var request: EvidenceRequest? { if case .waiting(let request) = state { request } else { nil } }
}
