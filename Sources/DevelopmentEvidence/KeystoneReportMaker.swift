import Foundation

/// Makes reports as a Keystone device does: its key signs the security monitor's, which signs the enclave's.
public struct KeystoneReportMaker: Sendable {
  /// Ed25519, both.
  public var deviceKey: DevelopmentKey
  public var monitorKey: DevelopmentKey
  public var monitorHash = [UInt8](repeating: 0x33, count: 64)
  public var enclaveHash = [UInt8](repeating: 0x55, count: 64)
  /// At most 1,024 bytes.
  public var data: [UInt8] = []
  /// What follows the data up to 1,024 bytes, unsigned.
  public var paddingByte: UInt8 = 0
  /// What the length says, where that is not the data's.
  public var statedLength: UInt64?

  public init(deviceKey: DevelopmentKey = .ed25519(), monitorKey: DevelopmentKey = .ed25519()) {
    (self.deviceKey, self.monitorKey) = (deviceKey, monitorKey)
  }

  public func make() throws -> [UInt8] {
    let length = withUnsafeBytes(of: (statedLength ?? UInt64(data.count)).littleEndian) { Array($0) }
    let signed = enclaveHash + length + data
    let padding = [UInt8](repeating: paddingByte, count: max(0, 1024 - data.count))
    let monitor = monitorHash + monitorKey.point
    return signed + padding + (try monitorKey.rawSignature(signed)) + monitor + (try deviceKey.rawSignature(monitor)) + deviceKey.point
  }
}
