import FunctionCalls
import NIOCore

/// Takes the stream of a slot's socket apart. Output is passed on as it comes, without waiting for the frame's end and without a copy; other frames
/// when they are whole.
struct SlotFrameReader {
  enum Piece {
    case output(number: UInt32, ByteBuffer)
    case frame(FrameHeader, ByteBuffer)
  }

  /// Of frames that are kept until they are whole.
  static let keptLimit = 256 << 10

  private var bytes: ByteBuffer?
  private var output: (number: UInt32, left: Int)?

  mutating func append(_ more: ByteBuffer) {
    var more = more
    if bytes == nil { bytes = more } else { bytes?.writeBuffer(&more) }
  }

  /// The next piece, or nil until more bytes have come.
  mutating func next() throws(FrameError) -> Piece? {
    guard var buffer = bytes else { return nil }
    defer { bytes = buffer.readableBytes == 0 ? nil : buffer }
    if let (number, left) = output { return rest(of: left, number, &buffer) }
    guard buffer.readableBytes >= FrameHeader.size else { return nil }
    let header = try Self.header(buffer)
    if header.kind == .output {
      buffer.moveReaderIndex(forwardBy: FrameHeader.size)
      output = (header.number, header.payloadLength)
      return rest(of: header.payloadLength, header.number, &buffer)
    }
    guard header.payloadLength <= Self.keptLimit else { throw .tooLong(found: UInt64(header.payloadLength), limit: UInt64(Self.keptLimit)) }
    guard buffer.readableBytes >= FrameHeader.size + header.payloadLength else { return nil }
    buffer.moveReaderIndex(forwardBy: FrameHeader.size)
    guard let payload = buffer.readSlice(length: header.payloadLength) else { return nil }
    return .frame(header, payload)
  }

  private mutating func rest(of left: Int, _ number: UInt32, _ buffer: inout ByteBuffer) -> Piece? {
    let count = min(left, buffer.readableBytes)
    guard let part = buffer.readSlice(length: count), count > 0 || left == 0 else { return nil }
    output = left == count ? nil : (number, left - count)
    return .output(number: number, part)
  }

  private static func header(_ buffer: ByteBuffer) throws(FrameError) -> FrameHeader {
    let result: Result<FrameHeader, FrameError> = buffer.withUnsafeReadableBytes { bytes in
      do throws(FrameError) { return .success(try FrameHeader(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
