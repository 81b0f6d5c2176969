import EmbeddedBytes

/// One computation of `coffer bench compute`.
public struct Kernel: Sendable {
  public let name: String
  /// The amount that takes 50 to 150 ms natively on a server core of the 2020s.
  public let usual: UInt32
  public let summary: String
}

/// The kernels of `Benchmarks/kernels`, built from the same C files as a WASI command and as native executables.
///
/// All take `NAME [N [REPEATS]]`, where N 0 is the usual amount, and print one line `checksum nanoseconds`
/// for each repeat; their checksums agree.
public enum BenchmarkKernels {
  public static let all: [Kernel] = KernelPrograms.kernels

  public static func named(_ name: String) -> Kernel? { all.first { $0.name == name } }

  /// A WASI 0.1 command.
  public static var wasm: [UInt8] { EmbeddedBytes.decoded(KernelPrograms.wasm) }

  /// A static Linux executable for the architecture that ran the build: plain `clang -O2`.
  public static var native: [UInt8] { EmbeddedBytes.decoded(KernelPrograms.native) }

  /// The same for the processor that Coffer generates code for (on x86-64: x86-64-v3, tuned for none in particular).
  public static var nativeBaseline: [UInt8] { EmbeddedBytes.decoded(KernelPrograms.nativeBaseline) }
}
