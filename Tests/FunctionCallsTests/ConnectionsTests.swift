import FunctionCalls
import Testing

@Suite struct ConnectionsTests {
  @Test func packetsAreWhatTheyWere() {
    let requests = [
      ConnectionRequest(.connectEncrypted, number: 0x8001_0203, revision: 0xFEDC_BA98, port: 0xFEDC, name: Array("example.org".utf8)),
      ConnectionRequest(.connect, number: 0, port: 1, name: [0x61]), ConnectionRequest(.lookUp, number: 1, revision: 2, name: [0x61]),
      ConnectionRequest(.close, number: .max),
    ]
    for request in requests { #expect(ConnectionRequest(request.bytes) == request) }
    let places = [ConnectionAnswer.Place(address: [127, 0, 0, 1], port: 0x1234), .init(address: [UInt8](1...16), port: 0)]
    for answer in [ConnectionAnswer(number: .max, error: 111), ConnectionAnswer(number: 1, places: places)] { #expect(ConnectionAnswer(answer.bytes) == answer) }
  }

  @Test func whatIsNoPacketIsRefused() {
    let good = ConnectionRequest(.connect, number: 1, port: 2, name: [0x61]).bytes
    for length in 0..<good.count { #expect(ConnectionRequest(Array(good[..<length])) == nil) }
    #expect(ConnectionRequest(good + [UInt8](repeating: 0x61, count: ConnectionRequest.nameLimit - 1)) != nil)
    #expect(ConnectionRequest(good + [UInt8](repeating: 0x61, count: ConnectionRequest.nameLimit)) == nil)
    var strange = good
    strange[10] = 4
    #expect(ConnectionRequest(strange) == nil)
    #expect(ConnectionRequest(ConnectionRequest(.close, number: 1, name: [0x61]).bytes) == nil)
    #expect(ConnectionRequest(ConnectionRequest(.lookUp, number: 1, port: 1, name: [0x61]).bytes) == nil)
    let answer = ConnectionAnswer(number: 1, places: [.init(address: [1, 2, 3, 4], port: 5)]).bytes
    for length in 0..<answer.count where length != 8 { #expect(ConnectionAnswer(Array(answer[..<length])) == nil) }
    for (index, value) in [(8, UInt8(5)), (15, 1), (26, 1)] {
      var other = answer
      other[index] = value
      #expect(ConnectionAnswer(other) == nil)
    }
    let many = (0...ConnectionAnswer.placeLimit).map { ConnectionAnswer.Place(address: [10, 0, 0, UInt8($0)], port: 0) }
    #expect(ConnectionAnswer(ConnectionAnswer(number: 1, places: many.dropLast()).bytes) != nil)
    #expect(ConnectionAnswer(ConnectionAnswer(number: 1, places: many).bytes) == nil)
  }
}
