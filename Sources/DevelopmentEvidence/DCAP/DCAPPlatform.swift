import SwiftASN1

/// A make-believe platform of Intel's, as its certificate describes it.
public struct DCAPPlatform: Sendable {
  public var ppid = [UInt8](repeating: 0x11, count: 16)
  /// The security versions of 16 components.
  public var components: [UInt8] = [3, 3, 2, 2, 4, 1, 0, 5] + [UInt8](repeating: 0, count: 8)
  public var pceSVN = 11
  public var cpuSVN = [UInt8](repeating: 3, count: 16)
  public var pceID: [UInt8] = [0, 0]
  public var fmspc: [UInt8] = [0xb0, 0xc0, 0x6f, 0, 0, 0]

  public init() {}

  static let identifier: ASN1ObjectIdentifier = [1, 2, 840, 113741, 1, 13, 1]

  /// The certificate's extension, DER.
  func extensionValue() throws -> [UInt8] {
    let values: [(UInt, (inout DER.Serializer) throws -> Void)] = [
      (1, { try $0.serialize(ASN1OctetString(contentBytes: ppid[...])) }),
      (2, { try $0.appendConstructedNode(identifier: .sequence) { try Self.entries(technical, [2], &$0) } }),
      (3, { try $0.serialize(ASN1OctetString(contentBytes: pceID[...])) }),
      (4, { try $0.serialize(ASN1OctetString(contentBytes: fmspc[...])) }),
      // Which memory protection the processor has: an enumeration.
      (5, { coder in coder.appendPrimitiveNode(identifier: .enumerated) { $0.append(0) } }),
    ]
    return try der { try $0.appendConstructedNode(identifier: .sequence) { try Self.entries(values, [], &$0) } }
  }

  private var technical: [(UInt, (inout DER.Serializer) throws -> Void)] {
    var values: [(UInt, (inout DER.Serializer) throws -> Void)] = []
    for (index, version) in components.enumerated() { values.append((UInt(index + 1), { try $0.serialize(Int(version)) })) }
    values.append((17, { try $0.serialize(pceSVN) }))
    values.append((18, { try $0.serialize(ASN1OctetString(contentBytes: cpuSVN[...])) }))
    return values
  }

  private static func entries(
    _ values: [(UInt, (inout DER.Serializer) throws -> Void)], _ path: [UInt], _ coder: inout DER.Serializer
  ) throws {
    for (number, value) in values {
      try coder.appendConstructedNode(identifier: .sequence) { coder in
        try coder.serialize(ASN1ObjectIdentifier(elements: [1, 2, 840, 113741, 1, 13, 1] + path + [number]))
        try value(&coder)
      }
    }
  }
}
