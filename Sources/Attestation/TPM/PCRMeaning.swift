/// What firmware measures into each register (PC Client Platform Firmware Profile 1.05, section 3.3.4; above 7 by convention on Linux).
enum PCRMeaning {
  /// Whose code runs before the system, and under which rules: firmware, adapters, boot loader, Secure Boot. 1, 3, 5 and 6 hold configuration that
  /// differs between machines and boots.
  static let essential: Set<Int> = [0, 2, 4, 7]

  private static let meanings: [Int: String] = [
    0: "firmware code", 1: "firmware configuration", 2: "adapters' code (option ROMs)", 3: "adapters' configuration",
    4: "boot loader code, or the kernel's where it is one image", 5: "boot loader configuration and partition table", 6: "the maker's own",
    7: "Secure Boot's state and keys", 8: "boot loader commands and kernel command line",
    9: "files that the boot loader read, initial RAM disk",
    10: "files run since boot (IMA)", 11: "a unified kernel image and boot phases", 12: "kernel command line and credentials",
    13: "system extensions", 14: "keys of the shim", 15: "the system's identity", 16: "debug, which any program can reset",
    17: "a dynamic launch", 18: "a dynamic launch", 19: "a dynamic launch", 20: "a dynamic launch", 21: "a dynamic launch",
    22: "a dynamic launch", 23: "applications, which any program can reset",
  ]

  static func text(_ index: Int) -> String { meanings[index] ?? "not in the profile" }
}
