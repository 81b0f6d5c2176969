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

/// The web service of `coffer bench mnist`, from `Benchmarks/digits`: a small network that tells digits apart, which trains itself on digits that it draws. All
/// three come to the same network, bit for bit.
///
/// They take `train` (the network, to standard output), `requests COUNT` (784 bytes each, likewise) and `serve FILE PORT CONNECTIONS`, which prints
/// "listening at PORT" and answers HTTP on loopback: a body of 784 bytes by a digit, and by the nanoseconds that it took.
public enum BenchmarkDigits {
  /// The core module of a command component of WASI 0.2, whose memory comes with that.
  public static var core: [UInt8] { EmbeddedBytes.decoded(DigitPrograms.wasm) }

  /// As ``BenchmarkKernels/native`` and ``BenchmarkKernels/nativeBaseline``.
  public static var native: [UInt8] { EmbeddedBytes.decoded(DigitPrograms.native) }
  public static var nativeBaseline: [UInt8] { EmbeddedBytes.decoded(DigitPrograms.nativeBaseline) }
}
