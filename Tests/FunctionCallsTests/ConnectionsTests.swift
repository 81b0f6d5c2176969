import FunctionCalls
import Testing

struct ConnectionsTests {
  @Test func requestsAndAnswersAreReadAsTheyWereWritten() {
    let request = ConnectionRequest(number: 0x8001_0203, port: 0xFEDC, isEncrypted: true, name: Array("example.org".utf8))
    #expect(ConnectionRequest(request.bytes) == request)
    #expect(request.bytes.count == 18)
    let answer = ConnectionAnswer(number: .max, error: 111)
    #expect(ConnectionAnswer(answer.bytes) == answer)
  }

  @Test func otherBytesAreNone() {
    let good = ConnectionRequest(number: 1, port: 2, isEncrypted: false, name: [0x61]).bytes
    for length in 0..<good.count { #expect(ConnectionRequest(Array(good[..<length])) == nil) }
    #expect(ConnectionRequest(good + [UInt8](repeating: 0x61, count: ConnectionRequest.nameLimit - 1)) != nil)
    #expect(ConnectionRequest(good + [UInt8](repeating: 0x61, count: ConnectionRequest.nameLimit)) == nil)
    var strange = good
    strange[6] = 2
    #expect(ConnectionRequest(strange) == nil)
    for length in [0, 7, 9] { #expect(ConnectionAnswer([UInt8](repeating: 0, count: length)) == nil) }
  }
}
