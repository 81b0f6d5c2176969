/// An instruction set that Coffer makes images for, with its one fixed baseline.
///
/// The baseline is part of an image's measurement, so it never follows the machine that builds: two builders with
/// different processors have to arrive at the same bytes.
public enum CPUArchitecture: String, Sendable, CaseIterable, Codable {
  case x86_64
  case aarch64
  case riscv64

  /// The free-standing target, as clang's `--target` takes it.
  public var clangTriple: String {
    switch self {
    case .x86_64: "x86_64-unknown-none-elf"
    case .aarch64: "aarch64-none-elf"
    case .riscv64: "riscv64-none-elf"
    }
  }

  /// The processor that code may assume, as clang's `-march` takes it. The manifest records it.
  ///
  /// x86-64-v3 has what WebAssembly's instructions want (POPCNT, LZCNT, TZCNT, SSE4.1 rounding, shifts by a register) and is
  /// what every processor with confidential virtual machines has.
  public var baseline: String {
    switch self {
    case .x86_64: "x86-64-v3"
    case .aarch64: "armv8-a"
    case .riscv64: "rv64gc"
    }
  }

  /// What clang is told about the processor, besides the target.
  public var clangFlags: [String] {
    switch self {
    // Behind the optimiser's back, a load that a conditional move has folded would be sunk into one branch, volatile or not: a trap lost.
    case .x86_64:
      ["-march=\(baseline)", "-mtune=generic", "-mcmodel=small", "-mllvm", "-x86-cmov-converter-force-mem-operand=false"]
    case .aarch64: ["-march=\(baseline)", "-mtune=generic", "-mno-outline-atomics"]
    // Linear memory is addressed at any alignment; without -mno-strict-align each access becomes single bytes.
    case .riscv64: ["-march=\(baseline)", "-mabi=lp64d", "-mcmodel=medany", "-mno-strict-align"]
    }
  }

  /// The linker's `-m`.
  public var linkerEmulation: String {
    switch self {
    case .x86_64: "elf_x86_64"
    case .aarch64: "aarch64elf"
    case .riscv64: "elf64lriscv"
    }
  }

  /// `e_machine` in the ELF header.
  public var elfMachine: UInt16 {
    switch self {
    case .x86_64: 62
    case .aarch64: 183
    case .riscv64: 243
    }
  }

  /// The architecture this program was compiled for.
  public static var host: CPUArchitecture {
    #if arch(x86_64)
      .x86_64
    #elseif arch(arm64)
      .aarch64
    #else
      .riscv64
    #endif
  }
}
