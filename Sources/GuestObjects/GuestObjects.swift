import EmbeddedBytes

/// The library OS and the machine pages, compiled for trustlets when this package was built.
public enum GuestObjects {
  /// A relocatable object with the whole library OS, or nil for an architecture that is not known here.
  public static func library(_ architecture: String) -> [UInt8]? {
    switch architecture {
    case "x86_64": EmbeddedBytes.decoded(library_x86_64)
    case "aarch64": EmbeddedBytes.decoded(library_aarch64)
    case "riscv64": EmbeddedBytes.decoded(library_riscv64)
    default: nil
    }
  }

  /// The machine pages for an architecture, by machine.
  public static func machinePages(_ architecture: String) -> [(machine: String, bytes: [UInt8])] {
    architecture == "x86_64"
      ? [("kvm", EmbeddedBytes.decoded(machine_kvm_x86_64)), ("process", EmbeddedBytes.decoded(machine_process_x86_64))] : []
  }

  /// The program that becomes a trustlet of machine `process`: an ELF file.
  public static var processLoader: [UInt8] { EmbeddedBytes.decoded(process_loader_x86_64) }

  /// How the linker lays an image out.
  public static var script: [UInt8] { EmbeddedBytes.decoded(linkerScript) }
}
