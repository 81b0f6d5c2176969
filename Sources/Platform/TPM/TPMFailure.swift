/// A TPM's error codes (TPM 2.0 Part 2, 6.6), as far as one can do something about them.
enum TPMFailure {
  /// Retry, yielded, testing.
  static func isTemporary(_ code: UInt32) -> Bool { [0x922, 0x908, 0x90A].contains(code) }

  static func error(_ code: UInt32, _ command: TPMCommand.Code) -> PlatformError {
    let remedy =
      switch code {
      case 0x100: "it was not started (TPM2_Startup): start swtpm with --flags startup-clear, or see to the firmware"
      case 0x902: "it has no room for another key: use the device with the resource manager (/dev/tpmrm0), or flush what others left in it"
      case 0x921: "it is locked for too many wrong passwords: wait, or clear the lockout"
      case 0x9A2, 0x98E: "its endorsement hierarchy has a password, which Coffer does not know: use a TPM whose hierarchy has none"
      default: "see TPM 2.0 Part 2, 6.6, or 'tpm2_rc_decode 0x\(String(code, radix: 16))'"
      }
    return PlatformError(.failed, "\(command): the TPM refused with code 0x\(String(code, radix: 16))", remedy)
  }
}
