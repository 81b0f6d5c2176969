import NodeStart
import Testing

@Suite struct EvidenceCallersTests {
  private static let request = Array("GET /evidence?nonce=\(String(repeating: "0a", count: 16)) HTTP/1.1\r\n\r\n".utf8)
  private static let half = request[..<20]

  @Test func aRequestMayComeInPiecesAndAnAnswerGoInPieces() throws {
    var callers = EvidenceCallers()
    #expect(callers.admit(7, from: 1, at: 0) == nil)
    for byte in Self.request.indices {
      #expect(callers.next() == nil)
      callers.received(Self.request[byte...byte], from: 7, at: 1)
    }
    let turn = callers.next()
    let next = try #require(turn)
    #expect(next.connection == 7 && next.request.nonce == [UInt8](repeating: 10, count: 16))
    callers.answer(7, [1, 2, 3], at: 2)
    #expect(callers.next() == nil && callers.rest(of: 7) == [1, 2, 3])
    callers.sent(2, to: 7)
    #expect(callers.rest(of: 7) == [3] && callers.isHere(7))
    callers.sent(1, to: 7)
    #expect(!callers.isHere(7) && callers.interests.isEmpty && callers.nextEnd == nil)
  }

  @Test func whoHoldsAllPlacesKeepsNobodyOut() throws {
    var callers = EvidenceCallers()
    for number in 0..<EvidenceCallers.limit { #expect(callers.admit(Int32(number), from: 1, at: 0) == nil) }
    callers.received(Self.half, from: 0, at: 0)
    // The oldest goes, though it has begun; also where all come from one address.
    #expect(callers.admit(100, from: 2, at: 1) == 0)
    #expect(callers.admit(101, from: 1, at: 1) == 1)
    callers.received(Self.request[...], from: 100, at: 1)
    #expect(callers.next()?.connection == 100)
    // Who is alone keeps a place against those who are many.
    for number in 200..<300 { _ = callers.admit(Int32(number), from: 1, at: 2) }
    #expect(callers.isHere(100) && callers.interests.count == EvidenceCallers.limit)
    // Whose request is whole goes for nobody of the same address, and for one who comes alone.
    var full = EvidenceCallers()
    for number in 0..<EvidenceCallers.limit {
      _ = full.admit(Int32(number), from: 1, at: 0)
      full.received(Self.request[...], from: Int32(number), at: 0)
    }
    #expect(full.admit(100, from: 1, at: 1) == 100 && !full.isHere(100) && full.interests.count == EvidenceCallers.limit)
    #expect(full.admit(101, from: 2, at: 1) == Int32(EvidenceCallers.limit - 1) && full.isHere(101))
  }

  @Test func addressesHaveTheirTurns() {
    var callers = EvidenceCallers()
    for number in 0..<10 {
      _ = callers.admit(Int32(number), from: 1, at: 0)
      callers.received(Self.request[...], from: Int32(number), at: 0)
    }
    var order: [Int32] = []
    func turn(_ now: Double) {
      guard let (connection, _) = callers.next() else { return }
      order.append(connection)
      callers.answer(connection, [1], at: now)
    }
    turn(1)
    for number in 20..<22 {
      _ = callers.admit(Int32(number), from: 2, at: 1)
      callers.received(Self.request[...], from: Int32(number), at: 1)
    }
    for now in 2..<6 { turn(Double(now)) }
    #expect(order == [0, 20, 1, 21, 2])
  }

  @Test func eachTimeEnds() throws {
    var callers = EvidenceCallers()
    for number in Int32(0)..<3 { _ = callers.admit(number, from: 1, at: 0) }
    callers.received(Self.request[...], from: 1, at: 4)
    callers.received(Self.request[...], from: 2, at: 4)
    #expect(callers.nextEnd == 5 && callers.late(at: 4.9).isEmpty)
    // A byte now and then gives no further time.
    callers.received(Self.half, from: 0, at: 4.9)
    #expect(callers.late(at: 5) == [0] && !callers.isHere(0))
    #expect(callers.next()?.connection == 1)
    callers.answer(1, [1], at: 6)
    #expect(callers.late(at: 11) == [1])
    // Who waits is told that there are too many.
    #expect(callers.late(at: 64).isEmpty && callers.next() == nil)
    #expect(String(decoding: callers.rest(of: 2), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
    #expect(callers.late(at: 69) == [2])
  }

  @Test func whatIsNoRequestIsAnsweredOrEnded() {
    var callers = EvidenceCallers()
    _ = callers.admit(1, from: 1, at: 0)
    callers.received(Array("GET / HTTP/1.1\r\n\r\n".utf8)[...], from: 1, at: 0)
    #expect(String(decoding: callers.rest(of: 1), as: UTF8.self).hasPrefix("HTTP/1.1 404 ") && callers.next() == nil)
    _ = callers.admit(2, from: 1, at: 0)
    callers.received([UInt8](repeating: 65, count: EvidenceRequest.limit)[...], from: 2, at: 0)
    #expect(!callers.isHere(2))
    // Of a connection that is gone nothing is kept.
    callers.received(Self.request[...], from: 2, at: 0)
    #expect(callers.next() == nil && callers.rest(of: 2).isEmpty)
  }
}
