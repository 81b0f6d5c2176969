/// What the generated text has to know of the processor. Everything else is the compiler's matter.
public enum LLVMTarget: String, Sendable, CaseIterable {
  case x86_64
  case aarch64
  case riscv64

  /// The processor whose instructions may be used and the one whose timing counts, as function attributes: clang's `-mtune`
  /// reaches IR only so. Tuned for none in particular: x86-64-v3's own tuning turns rotations into SHLD, which takes twice as long on AMD's.
  var attributes: String {
    switch self {
    case .x86_64: "\"target-cpu\"=\"x86-64-v3\" \"tune-cpu\"=\"generic\""
    case .aarch64, .riscv64: ""
    }
  }

  /// Whether the baseline holds a whole vector in one register.
  var hasVectorRegisters: Bool { self != .riscv64 }

  /// The letter by which inline assembly asks for a floating-point register.
  var floatRegisterConstraint: String {
    switch self {
    case .x86_64: "x"
    case .aarch64: "w"
    case .riscv64: "f"
    }
  }
}
