import Foundation

/// The library OS and the machine pages, compiled for trustlets when this package was built.
public enum GuestObjects {
  /// A relocatable object with the whole library OS, or nil for an architecture that is not known here.
  public static func library(_ architecture: String) -> [UInt8]? {
    switch architecture {
    case "x86_64": decode(library_x86_64)
    case "aarch64": decode(library_aarch64)
    case "riscv64": decode(library_riscv64)
    default: nil
    }
  }

  /// The machine pages for an architecture, by machine.
  public static func machinePages(_ architecture: String) -> [(machine: String, bytes: [UInt8])] {
    architecture == "x86_64"
      ? [("kvm", decode(machine_kvm_x86_64)), ("process", decode(machine_process_x86_64))] : []
  }

  /// The program that becomes a trustlet of machine `process`: an ELF file.
  public static var processLoader: [UInt8] { decode(process_loader_x86_64) }

  /// How the linker lays an image out.
  public static var script: [UInt8] { decode(linkerScript) }

  private static func decode(_ text: StaticString) -> [UInt8] {
    // What was encoded by the build decodes.
    text.withUTF8Buffer { Array(Data(base64Encoded: Data($0)) ?? Data()) }
  }
}
