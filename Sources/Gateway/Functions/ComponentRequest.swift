import NIOCore
import NIOHTTP1

/// A request as an HTTP component's image reads it on standard input. Unlike CGI's variables, frames leave names,
/// repetitions, the path and trailers as they were sent.
enum ComponentRequest {
  static func head(_ head: HTTPRequestHead, _ address: FunctionAddress, request: String, trace: TraceContext) -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.reserveCapacity(1024)
    bytes.writeInteger(ComponentFrame.head)
    let lengthPlace = bytes.writerIndex
    bytes.writeInteger(UInt32(0), endianness: .little)
    write(head.method.rawValue, &bytes)
    write(address.pathWithQuery(of: head.uri), &bytes)
    write(address.authority.isEmpty ? "localhost" : address.authority, &bytes)
    let countPlace = bytes.writerIndex
    bytes.writeInteger(UInt32(0), endianness: .little)
    var count: UInt32 = 0
    func field(_ name: String, _ value: String) {
      write(name, &bytes)
      write(value, &bytes)
      count += 1
    }
    for (name, value) in head.headers where passes(name, value) { field(name, value) }
    field("x-request-id", request)
    field("traceparent", trace.parent)
    if !trace.state.isEmpty { field("tracestate", trace.state) }
    bytes.setInteger(count, at: countPlace, endianness: .little)
    bytes.setInteger(UInt32(bytes.writerIndex - lengthPlace - 4), at: lengthPlace, endianness: .little)
    return bytes
  }

  static func append(body: ByteBuffer, to bytes: inout ByteBuffer) {
    guard body.readableBytes > 0 else { return }
    bytes.writeInteger(ComponentFrame.data)
    bytes.writeInteger(UInt32(body.readableBytes), endianness: .little)
    bytes.writeImmutableBuffer(body)
  }

  static func appendEnd(trailers: HTTPHeaders?, to bytes: inout ByteBuffer) {
    let passing = trailers?.filter { passes($0.name, $0.value) } ?? []
    bytes.writeInteger(ComponentFrame.end)
    bytes.writeInteger(UInt32(4 + passing.reduce(0) { $0 + 8 + $1.name.utf8.count + $1.value.utf8.count }), endianness: .little)
    bytes.writeInteger(UInt32(passing.count), endianness: .little)
    for (name, value) in passing {
      write(name, &bytes)
      write(value, &bytes)
    }
  }

  private static func write(_ text: some StringProtocol, _ bytes: inout ByteBuffer) {
    bytes.writeInteger(UInt32(text.utf8.count), endianness: .little)
    bytes.writeSubstring(Substring(text))
  }

  /// All but the connection's fields, those in whose place stands what the node tells, and the host, which is the request's authority.
  private static func passes(_ name: String, _ value: String) -> Bool {
    switch CGIVariables.FieldUse(name, value) {
    case .pass, .contentType, .contentLength: !name.utf8.elementsEqual("x-request-id".utf8) { $0 | ($0 >= 65 && $0 <= 90 ? 32 : 0) == $1 }
    case .host, .withhold: false
    }
  }
}
