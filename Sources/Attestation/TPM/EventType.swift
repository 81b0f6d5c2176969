/// What an event of the log was (PC Client Platform Firmware Profile, section 10.4.1).
public struct EventType: RawRepresentable, Sendable, Hashable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  static let noAction = Self(rawValue: 0x03)
  static let separator = Self(rawValue: 0x04)
  static let variableDriverConfiguration = Self(rawValue: 0x8000_0001)
  static let variableBoot = Self(rawValue: 0x8000_0002)
  static let bootServicesApplication = Self(rawValue: 0x8000_0003)
  static let bootServicesDriver = Self(rawValue: 0x8000_0004)
  static let runtimeServicesDriver = Self(rawValue: 0x8000_0005)
  static let variableBoot2 = Self(rawValue: 0x8000_000c)
  static let variableAuthority = Self(rawValue: 0x8000_00e0)

  private static let names: [UInt32: (name: String, meaning: String)] = [
    0x00: ("EV_PREBOOT_CERT", "a certificate before boot"),
    0x01: ("EV_POST_CODE", "firmware code"),
    0x03: ("EV_NO_ACTION", "a note that is not measured"),
    0x04: ("EV_SEPARATOR", "the firmware's own measurements end here, and the boot loader's begin"),
    0x05: ("EV_ACTION", "something that the firmware did"),
    0x06: ("EV_EVENT_TAG", "an operating system's own event"),
    0x07: ("EV_S_CRTM_CONTENTS", "the code that measures first"),
    0x08: ("EV_S_CRTM_VERSION", "the version of the code that measures first"),
    0x09: ("EV_CPU_MICROCODE", "a processor's microcode"),
    0x0a: ("EV_PLATFORM_CONFIG_FLAGS", "the board's configuration"),
    0x0b: ("EV_TABLE_OF_DEVICES", "a table of devices"),
    0x0c: ("EV_COMPACT_HASH", "a hash that the firmware was given"),
    0x0d: ("EV_IPL", "something that the boot loader loaded or was told"),
    0x0e: ("EV_IPL_PARTITION_DATA", "a partition table"),
    0x0f: ("EV_NONHOST_CODE", "code of another processor"),
    0x10: ("EV_NONHOST_CONFIG", "configuration of another processor"),
    0x11: ("EV_NONHOST_INFO", "another processor's description"),
    0x12: ("EV_OMIT_BOOT_DEVICE_EVENTS", "boot devices are not logged"),
    0x13: ("EV_POST_CODE2", "firmware code"),
    0x8000_0001: ("EV_EFI_VARIABLE_DRIVER_CONFIG", "a variable that configures firmware, such as Secure Boot and its keys"),
    0x8000_0002: ("EV_EFI_VARIABLE_BOOT", "a variable of the boot order"),
    0x8000_0003: ("EV_EFI_BOOT_SERVICES_APPLICATION", "a boot loader or another program that the firmware started"),
    0x8000_0004: ("EV_EFI_BOOT_SERVICES_DRIVER", "a driver, such as an adapter's option ROM"),
    0x8000_0005: ("EV_EFI_RUNTIME_SERVICES_DRIVER", "a driver that stays while the system runs"),
    0x8000_0006: ("EV_EFI_GPT_EVENT", "a disk's partition table"),
    0x8000_0007: ("EV_EFI_ACTION", "something that the firmware did"),
    0x8000_0008: ("EV_EFI_PLATFORM_FIRMWARE_BLOB", "a part of the firmware"),
    0x8000_0009: ("EV_EFI_HANDOFF_TABLES", "tables handed to the operating system"),
    0x8000_000a: ("EV_EFI_PLATFORM_FIRMWARE_BLOB2", "a part of the firmware"),
    0x8000_000b: ("EV_EFI_HANDOFF_TABLES2", "tables handed to the operating system"),
    0x8000_000c: ("EV_EFI_VARIABLE_BOOT2", "a variable of the boot order"),
    0x8000_000d: ("EV_EFI_GPT_EVENT2", "a disk's partition table"),
    0x8000_0010: ("EV_EFI_HCRTM_EVENT", "what was measured before the processor started"),
    0x8000_00e0: ("EV_EFI_VARIABLE_AUTHORITY", "the key or hash by which Secure Boot let a program start"),
    0x8000_00e1: ("EV_EFI_SPDM_FIRMWARE_BLOB", "a device's firmware, as it says itself"),
    0x8000_00e2: ("EV_EFI_SPDM_FIRMWARE_CONFIG", "a device's configuration, as it says itself"),
  ]

  /// The profile's name, or the number.
  public var name: String {
    Self.names[rawValue]?.name ?? "event type 0x\(String(rawValue, radix: 16))"
  }

  public var meaning: String { Self.names[rawValue]?.meaning ?? "an event of a type that is not known here" }
}
