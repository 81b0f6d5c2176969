import Crypto

/// What OVMF and the kernel's own start measure on the way to the first process: into a TPM's registers, or into those of Intel TDX, which see the same
/// events. (TCG PC Client Platform Firmware Profile 1.05, sections 3.3.4 and 10.4; Linux, drivers/firmware/efi/libstub/efi-stub-helper.c.)
struct MeasuredBoot<Hash: HashFunction> {
  private static var separator: [UInt8] { [0, 0, 0, 0] }

  /// The kernel as firmware has it, by its digest as a program.
  let kernel: [UInt8]
  let boot: DirectBoot

  /// PCR 4: programs that firmware starts.
  var programs: [UInt8] {
    var register = Register<Hash>()
    register.extend(digest: kernel)
    register.extend("Calling EFI Application from Boot Option")
    register.extend(Self.separator)
    return register.value
  }

  /// PCR 9: what the kernel's start is given. Options are UTF-16 with a zero at their end.
  var inputs: [UInt8] {
    var register = Register<Hash>()
    register.extend((Array(boot.loadOptions.utf16) + [0]).flatMap { [UInt8](littleEndian: $0) })
    register.extend(boot.initialRAMDisk)
    return register.value
  }

  /// PCR 2: there are no programs of adapters.
  static var adapters: [UInt8] {
    var register = Register<Hash>()
    register.extend(separator)
    return register.value
  }

  /// PCR 7: Secure Boot is off, and has no keys.
  /// - Parameter isKnown: whether the firmware knows of Secure Boot at all, so that there is a variable that says that it is off.
  static func secureBoot(isKnown: Bool) -> [UInt8] {
    var register = Register<Hash>()
    // EFI_GLOBAL_VARIABLE and EFI_IMAGE_SECURITY_DATABASE_GUID.
    let global = GUID("8be4df61-93ca-11d2-aa0d-00e098032b8c"), database = GUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
    let off: [UInt8] = isKnown ? [0] : []
    for (guid, name, data) in [(global, "SecureBoot", off), (global, "PK", []), (global, "KEK", []), (database, "db", []), (database, "dbx", [])] {
      // UEFI_VARIABLE_DATA: whose it is, the lengths of name and data, these.
      let lengths = [UInt8](littleEndian: UInt64(name.utf16.count)) + [UInt8](littleEndian: UInt64(data.count))
      register.extend(guid.bytes + lengths + name.utf16.flatMap { [UInt8](littleEndian: $0) } + data)
    }
    register.extend(separator)
    return register.value
  }

  /// RTMR 1 of TDX: the programs, and that firmware has handed over.
  var programsAndHandover: [UInt8] {
    var register = Register<Hash>()
    register.extend(digest: kernel)
    register.extend("Calling EFI Application from Boot Option")
    register.extend(Self.separator)
    register.extend("Exit Boot Services Invocation")
    register.extend("Exit Boot Services Returned with Success")
    return register.value
  }
}

/// An identifier as UEFI writes it: its first three parts little-endian.
struct GUID: Hashable {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// - Parameter text: 32 hexadecimal digits with dashes, as they are written here.
  init(_ text: StaticString) {
    let digits = Array("\(text)".utf8.filter { $0 != 0x2D })
    let values = stride(from: 0, to: digits.count - 1, by: 2).map { Self.value(digits[$0]) << 4 | Self.value(digits[$0 + 1]) }
    precondition(values.count == 16, "a GUID that is written wrongly here")
    bytes = values[0..<4].reversed() + values[4..<6].reversed() + values[6..<8].reversed() + values[8...]
  }

  private static func value(_ digit: UInt8) -> UInt8 { digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x61 + 10 }
}
