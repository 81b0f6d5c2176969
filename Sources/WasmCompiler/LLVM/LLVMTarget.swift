/// What the generated text has to know of the processor. Everything else is the compiler's matter.
public enum LLVMTarget: String, Sendable, CaseIterable {
  case x86_64
  case aarch64
  case riscv64

  /// The letter by which inline assembly asks for a floating-point register.
  var floatRegisterConstraint: String {
    switch self {
    case .x86_64: "x"
    case .aarch64: "w"
    case .riscv64: "f"
    }
  }
}
