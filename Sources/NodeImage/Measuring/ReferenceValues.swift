import Crypto

/// What evidence of a node must say when it has started from an image: computed from the image's files alone.
public struct ReferenceValues: Sendable, Equatable {
  /// Registers of a TPM (SHA-256), by their numbers. Not 1, which is the machine's shape, and not 7, which has two values; 0, the firmware's own, where it was given.
  public var registers: [Int: [UInt8]] = [:]
  /// Register 7 where Secure Boot is off: of firmware that does not know of it, and of firmware that does.
  public var secureBootOff: [[UInt8]] = []
  /// SEV-SNP's launch digest; nil without OVMF's build for SEV.
  public var launchDigest: [UInt8]?
  /// TDX; nil without firmware for it.
  public var trustDomain: TrustDomain?

  public struct TrustDomain: Sendable, Equatable {
    public var mrtd: [UInt8]
    public var rtmr1: [UInt8]
    public var rtmr2: [UInt8]
  }

  /// - Parameters:
  ///   - memory: of the guest, in bytes: QEMU writes into the kernel's header where the initial files will lie.
  ///   - firmware: register 0 as a machine with the same firmware has it; it cannot be computed from the firmware's file, which changes itself
  ///     before it measures itself.
  public init(_ boot: DirectBoot, memory: UInt64, firmware: [UInt8]? = nil) throws(NodeImageError) {
    let kernel = try PEImage(boot.patchedKernel(memory: memory), name: "the kernel")
    let measured = MeasuredBoot<SHA256>(kernel: kernel.digest(SHA256.self), boot: boot)
    registers = [2: MeasuredBoot<SHA256>.adapters, 4: measured.programs, 9: measured.inputs]
    secureBootOff = [false, true].map { MeasuredBoot<SHA256>.secureBoot(isKnown: $0) }
    registers[0] = firmware
  }

  /// - Parameter firmware: the file of OVMF's build for SEV.
  public mutating func add(firmware: [UInt8], name: String, _ boot: DirectBoot, _ guest: SNPGuest) throws(NodeImageError) {
    launchDigest = try SNPLaunchDigest.compute(FirmwareVolume(firmware, name: name), boot, guest)
  }

  /// - Parameter firmware: the file of an OVMF that starts trust domains.
  public mutating func add(firmware: [UInt8], name: String, _ boot: DirectBoot, memory: UInt64) throws(NodeImageError) {
    let kernel = try PEImage(boot.patchedKernel(memory: memory), name: "the kernel")
    let measured = MeasuredBoot<SHA384>(kernel: kernel.digest(SHA384.self), boot: boot)
    trustDomain = TrustDomain(
      mrtd: try TDXMeasurement.compute(FirmwareVolume(firmware, name: name)), rtmr1: measured.programsAndHandover, rtmr2: measured.inputs)
  }

  /// A policy that this image meets, to be completed: what depends on the machine and not on the image is a comment that says so.
  public var policy: String {
    var lines = ["platforms:"]
    if let launchDigest {
      lines += [
        "  sev-snp:", "    # minimum-tcb: {bootloader: N, tee: N, snp: N, microcode: N}   # AMD's newest that your processors have; from Turin on also fmc", "    reference-values:",
        "      - {launch-digest: \"\(Self.digits(launchDigest))\"}",
      ]
    }
    if let trustDomain {
      lines += [
        "  tdx:", "    reference-values:", "      # Two are compared with nothing: rtmr0, the virtual machine's shape (memory, ACPI tables), which its host chooses, and rtmr3, which is not used",
        "      - {mrtd: \"\(Self.digits(trustDomain.mrtd))\", rtmr0: any, rtmr1: \"\(Self.digits(trustDomain.rtmr1))\", rtmr2: \"\(Self.digits(trustDomain.rtmr2))\", rtmr3: any}",
      ]
    }
    lines += ["  tpm:", "    reference-values:"]
    if registers[0] == nil { lines.append("      # pcr0 is compared with nothing: every firmware is trusted. Write that of a machine whose firmware you trust (option --pcr0)") }
    for secureBoot in secureBootOff {
      let values = registers.merging([7: secureBoot]) { $1 }.sorted { $0.key < $1.key }.map { "pcr\($0.key): \"\(Self.digits($0.value))\"" }
      lines.append("      - {\(((registers[0] == nil ? ["pcr0: any"] : []) + values).joined(separator: ", "))}")
    }
    lines.append("nonce: required")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.map { (value: UInt8) in String(value >> 4, radix: 16) + String(value & 15, radix: 16) }.joined()
  }
}
