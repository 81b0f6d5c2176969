/// What a Nitro enclave's registers (PCRs) hold.
enum NitroRegister {
  /// The registers without which nobody knows what the enclave runs.
  static let essential = 0...2

  static func meaning(_ index: Int) -> String {
    switch index {
    case 0: "the enclave's image file, whole"
    case 1: "the enclave's kernel and boot file system"
    case 2: "the enclave's applications, without the boot file system"
    case 3: "the IAM role of the instance that started the enclave"
    case 4: "the identifier of the instance that started the enclave"
    case 8: "the certificate that signed the enclave's image file"
    case 16...31: "a register that the enclave's own software extends and locks"
    default: "a register that AWS gives no meaning"
    }
  }
}
