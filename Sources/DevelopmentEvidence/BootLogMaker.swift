import Crypto
import Foundation

/// Makes the log of a make-believe boot in the crypto-agile form of firmware, and the registers' values that it leads to.
public struct BootLogMaker: Sendable {
  public struct Event: Sendable {
    public var pcr: UInt32
    public var type: UInt32
    public var data: [UInt8]
    /// What the digests are over, where that is not the data.
    public var measured: [UInt8]?

    public init(pcr: UInt32, type: UInt32, data: [UInt8], measured: [UInt8]? = nil) {
      (self.pcr, self.type, self.data, self.measured) = (pcr, type, data, measured)
    }
  }

  /// A hash by its number in TPM 2.0.
  public enum Bank: UInt16, Sendable, CaseIterable {
    case sha1 = 0x0004
    case sha256 = 0x000b
    case sha384 = 0x000c

    public func digest(_ bytes: [UInt8]) -> [UInt8] {
      switch self {
      case .sha1: Array(Insecure.SHA1.hash(data: bytes))
      case .sha256: Array(SHA256.hash(data: bytes))
      case .sha384: Array(SHA384.hash(data: bytes))
      }
    }

    var length: Int { digest([]).count }
  }

  public var banks: [Bank]
  public var events: [Event]
  /// The locality that started the TPM: logged when it is not 0.
  public var startupLocality: UInt8 = 0
  /// Measured after the log ends, as an operating system does.
  public var laterMeasurements: [Event] = []

  public init(banks: [Bank] = [.sha256], events: [Event] = Self.plainBoot()) { (self.banks, self.events) = (banks, events) }

  /// A boot as most are: firmware, Secure Boot's variables, an adapter, separators, a boot loader, and what it loaded.
  public static func plainBoot(secureBoot: Bool = true, loader: [UInt8] = Array("a boot loader".utf8)) -> [Event] {
    var events = [
      Event(pcr: 0, type: 0x8, data: utf16("1.0")),
      Event(pcr: 0, type: 0x8000_0008, data: [UInt8](repeating: 0, count: 16), measured: Array("firmware".utf8)),
      Event(pcr: 7, type: 0x8000_0001, data: variable("SecureBoot", [secureBoot ? 1 : 0])),
      Event(pcr: 7, type: 0x8000_0001, data: variable("PK", Array("a key".utf8))),
      Event(pcr: 2, type: 0x8000_0004, data: imageLoad("\\option.rom"), measured: Array("an option ROM".utf8)),
      Event(pcr: 1, type: 0x8000_0002, data: variable("BootOrder", [0, 0])),
      Event(pcr: 4, type: 0x8000_0007, data: Array("Calling EFI Application from Boot Option".utf8)),
    ]
    events += (0..<8).map { Event(pcr: $0, type: 0x4, data: [0, 0, 0, 0]) }
    return events + [
      Event(pcr: 7, type: 0x8000_00e0, data: variable("db", Array("a signer".utf8))),
      Event(pcr: 4, type: 0x8000_0003, data: imageLoad("\\EFI\\BOOT\\BOOTX64.EFI"), measured: loader),
      Event(pcr: 8, type: 0xd, data: Array("grub_cmd: linux /vmlinuz\0".utf8), measured: Array("linux /vmlinuz".utf8)),
    ]
  }

  /// The log's bytes.
  public func log() -> [UInt8] {
    var header: [UInt8] = Array("Spec ID Event03\0".utf8) + little(UInt32(0)) + [0, 2, 0, 2] + little(UInt32(banks.count))
    for bank in banks { header += little(bank.rawValue) + little(UInt16(bank.length)) }
    header.append(0)
    var bytes = little(UInt32(0)) + little(UInt32(3)) + [UInt8](repeating: 0, count: 20) + little(UInt32(header.count)) + header
    if startupLocality != 0 {
      let zeros = banks.flatMap { little($0.rawValue) + [UInt8](repeating: 0, count: $0.length) }
      let data = Array("StartupLocality\0".utf8) + [startupLocality]
      bytes += little(UInt32(0)) + little(UInt32(3)) + little(UInt32(banks.count)) + zeros + little(UInt32(data.count)) + data
    }
    for event in events {
      bytes += little(event.pcr) + little(event.type) + little(UInt32(banks.count))
      for bank in banks { bytes += little(bank.rawValue) + bank.digest(event.measured ?? event.data) }
      bytes += little(UInt32(event.data.count)) + event.data
    }
    return bytes
  }

  /// A register's value after the boot and what was measured later.
  public func value(_ bank: Bank, _ pcr: UInt32) -> [UInt8] {
    var value = [UInt8](repeating: (17...22).contains(pcr) ? 0xff : 0, count: bank.length)
    if pcr == 0 { value[bank.length - 1] = startupLocality }
    for event in events + laterMeasurements where event.pcr == pcr { value = bank.digest(value + bank.digest(event.measured ?? event.data)) }
    return value
  }

  /// UEFI_VARIABLE_DATA of the global group.
  public static func variable(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let group: [UInt8] = [0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c]
    return group + little(UInt64(name.utf16.count)) + little(UInt64(data.count)) + utf16(name, isTerminated: false) + data
  }

  /// UEFI_IMAGE_LOAD_EVENT with a file's path.
  public static func imageLoad(_ path: String) -> [UInt8] {
    let name = utf16(path)
    let node: [UInt8] = [4, 4] + little(UInt16(4 + name.count)) + name + [0x7f, 0xff, 4, 0]
    return [UInt8](repeating: 0, count: 24) + little(UInt64(node.count)) + node
  }

  private static func utf16(_ text: String, isTerminated: Bool = true) -> [UInt8] {
    (Array(text.utf16) + (isTerminated ? [0] : [])).flatMap { little($0) }
  }
}

private func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
