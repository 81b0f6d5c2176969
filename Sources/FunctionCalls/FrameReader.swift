/// Puts frames together from bytes as they arrive, in whatever pieces.
public struct FrameReader: Sendable {
  private var bytes: [UInt8] = []
  private var position = 0

  public init() {}

  public mutating func append(_ more: UnsafeRawBufferPointer) {
    if position == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      position = 0
    } else if position >= 65_536 {
      bytes.removeFirst(position)
      position = 0
    }
    bytes.append(contentsOf: more)
  }

  /// Bytes that are not yet a frame.
  public var pending: Int { bytes.count - position }

  /// The next frame, or nil until more bytes have come.
  public mutating func next() throws(FrameError) -> Frame? {
    guard bytes.count - position >= FrameHeader.size else { return nil }
    let header = try Self.header(bytes[position...])
    let end = position + FrameHeader.size + header.payloadLength
    guard end <= bytes.count else { return nil }
    defer { position = end }
    return Frame(header.kind, flags: header.flags, number: header.number, payload: Array(bytes[position + FrameHeader.size..<end]))
  }

  private static func header(_ bytes: ArraySlice<UInt8>) throws(FrameError) -> FrameHeader {
    let result: Result<FrameHeader, FrameError> = bytes.withUnsafeBytes { buffer in
      do throws(FrameError) { return .success(try FrameHeader(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
