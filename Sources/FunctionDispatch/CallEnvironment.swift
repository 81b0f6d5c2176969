import FunctionCalls
import NIOCore

/// The variables of a call in the form in which they travel, so that no string is made for each of them.
public struct CallEnvironment: Sendable {
  private(set) var bytes: ByteBuffer
  private(set) var count: UInt32 = 0

  public init(capacity: Int = 1024) { bytes = ByteBufferAllocator().buffer(capacity: capacity) }

  /// - Parameters: neither with a zero byte, and the name without "=": ``append`` leaves such a variable out, since no program could tell it from
  ///   others.
  public mutating func append(_ name: String, _ value: String) {
    guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }), !value.utf8.contains(0) else { return }
    appendChecked(name, value)
  }

  /// A header field as RFC 3875 (4.1.18) names it: "HTTP_", capitals, "_" for "-".
  public mutating func append(field name: String, _ value: String) {
    guard !name.isEmpty, name.utf8.allSatisfy(Self.isFieldNameByte), !value.utf8.contains(0) else { return }
    let (nameLength, valueLength) = (name.utf8.count, value.utf8.count)
    bytes.writeInteger(UInt32(truncatingIfNeeded: 5 + nameLength + 1 + valueLength), endianness: .little)
    bytes.writeStaticString("HTTP_")
    bytes.writeBytes(
      name.utf8.lazy.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        default: byte
        }
      })
    bytes.writeStaticString("=")
    bytes.writeString(value)
    count += 1
  }

  /// "NAME=VALUE", as manifests have it.
  public mutating func append(assignment: String) {
    guard assignment.utf8.contains(UInt8(ascii: "=")), !assignment.utf8.contains(0) else { return }
    bytes.writeInteger(UInt32(truncatingIfNeeded: assignment.utf8.count), endianness: .little)
    bytes.writeString(assignment)
    count += 1
  }

  private mutating func appendChecked(_ name: String, _ value: String) {
    bytes.writeInteger(UInt32(truncatingIfNeeded: name.utf8.count + 1 + value.utf8.count), endianness: .little)
    bytes.writeString(name)
    bytes.writeStaticString("=")
    bytes.writeString(value)
    count += 1
  }

  /// Letters, digits and "-": other bytes that a token may have (RFC 9110, 5.6.2), "_" among them, would let one field pass for another.
  private static func isFieldNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
    default: false
    }
  }
}

extension ByteBuffer {
  mutating func write(_ header: FrameHeader) {
    writeMultipleIntegers(
      header.kind.rawValue, header.flags.rawValue, UInt16(0), header.number, UInt32(truncatingIfNeeded: header.payloadLength), UInt32(0),
      endianness: .little)
  }

  /// A ``CallHead`` with its frame's header. What of the input does not fit into the frame stays in `input`.
  mutating func writeCall(
    number: UInt32, revision: UInt32, time: UInt64, environment: CallEnvironment, settings: CallEnvironment, input: inout ByteBuffer, inputEnds: Bool,
    attests: Bool = false, invocation: [String] = []
  ) {
    let fixed = 4 + 8 + 4 + environment.bytes.readableBytes + settings.bytes.readableBytes + 4 + invocation.reduce(0) { $0 + 4 + $1.utf8.count }
    let inputCount = min(input.readableBytes, max(0, FrameHeader.payloadLimit - fixed))
    let ends = inputEnds && inputCount == input.readableBytes
    reserveCapacity(minimumWritableBytes: FrameHeader.size + fixed + inputCount)
    let flags: FrameFlags = attests ? .attests : invocation.isEmpty ? [] : .invokes
    write(FrameHeader(.call, flags: ends ? flags.union(.inputEnds) : flags, number: number, payloadLength: fixed + inputCount))
    writeMultipleIntegers(revision, time, environment.count + settings.count, endianness: .little)
    writeImmutableBuffer(environment.bytes)
    writeImmutableBuffer(settings.bytes)
    writeInteger(UInt32(invocation.count), endianness: .little)
    for text in invocation {
      writeInteger(UInt32(text.utf8.count), endianness: .little)
      writeString(text)
    }
    if var part = input.readSlice(length: inputCount) { writeBuffer(&part) }
  }
}
