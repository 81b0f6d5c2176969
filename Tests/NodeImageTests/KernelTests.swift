import Crypto
import NodeImage
import Testing

@Suite struct KernelTests {
  private func module(_ depends: String) -> [UInt8] {
    MadeELF(sections: [(".modinfo", Array("license=GPL\0depends=\(depends)\0".utf8))]).bytes
  }

  @Test func modulesComeAfterThoseThatTheyNeed() throws {
    let all = ["net": "failover,core", "failover": "core", "core": "", "tsm": "configfs", "configfs": "", "sev_guest": "tsm"]
    let order = try KernelModules.ordered(["net", "sev-guest", "tsm", "builtin"]) { name in all[name].map(module) }.map(\.name)
    #expect(Set(order) == Set(all.keys) && order.count == all.count)
    for (name, depends) in all {
      for needed in depends.split(separator: ",") {
        let (first, second) = (try #require(order.firstIndex(of: String(needed))), try #require(order.firstIndex(of: name)))
        #expect(first < second, "\(needed) before \(name)")
      }
    }
  }

  @Test func modulesThatNeedEachOtherEnd() throws {
    let order = try KernelModules.ordered(["a"]) { name in module(name == "a" ? "b" : "a") }
    #expect(Set(order.map(\.name)) == ["a", "b"])
  }

  @Test func whatIsNoModuleIsRefused() {
    #expect(throws: NodeImageError.self) { try KernelModules.ordered(["a"]) { _ in MadeELF(sections: []).bytes } }
    #expect(throws: NodeImageError.self) { try KernelModules.ordered(["a"]) { _ in [1, 2, 3] } }
  }

  @Test func aFileIsCalledAsItsModule() {
    #expect(KernelModules.name(ofFile: "kernel/drivers/virt/sev-guest.ko.xz") == "sev_guest")
    #expect(KernelModules.name(ofFile: "virtio_net.ko") == "virtio_net")
    #expect(KernelModules.name(ofFile: "modules.order") == nil)
  }

  /// Checksum, signature and the entry that names it are left out; every other byte counts.
  @Test func theDigestOfAProgramForFirmware() throws {
    let whole = MadePE().bytes
    let digest = try PEImage(whole, name: "made").digest(SHA256.self)
    // The same pieces, cut by hand.
    let pieces = whole[..<MadePE.checksum] + whole[(MadePE.checksum + 4)..<MadePE.signatureEntry] + whole[(MadePE.signatureEntry + 8)..<(whole.count - MadePE.signatureSize)]
    #expect(digits(digest) == digits(SHA256.hash(data: Array(pieces))))
    for place in whole.indices {
      var changed = whole
      changed[place] ^= 0xFF
      guard let image = try? PEImage(changed, name: "changed") else { continue }
      let isLeftOut = (MadePE.checksum..<(MadePE.checksum + 4)).contains(place) || place >= whole.count - MadePE.signatureSize
        || (MadePE.signatureEntry..<(MadePE.signatureEntry + 4)).contains(place)
      #expect((image.digest(SHA256.self) == digest) == isLeftOut, "byte \(place)")
    }
  }

  /// As OVMF of Debian 13 (without Secure Boot) and of Debian 12 (with it, and off) gave them to swtpm.
  @Test func theRegistersThatHangOnNothing() throws {
    let values = try ReferenceValues(DirectBoot(kernel: MadePE().bytes, initialRAMDisk: [1], commandLine: "quiet"), memory: 1 << 30)
    #expect(values.registers[2].map { digits($0) } == "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969")
    #expect(values.secureBootOff.map { digits($0) } == ["b5710bf57d25623e4019027da116821fa99f5c81e9e38b87671cc574f9281439", "65caf8dd1e0ea7a6347b635d2b379c93b9a1351edc2afc3ecda700e534eb3068"])
  }

  /// Computed by another program; how the kernel's start measures was seen in the log of a boot.
  @Test func aBootIsMeasuredAsInItsLog() throws {
    let values = try ReferenceValues(DirectBoot(kernel: MadePE().bytes, initialRAMDisk: Array("initial files".utf8), commandLine: "console=ttyS0 quiet"), memory: 1 << 30)
    #expect(values.registers[4].map { digits($0) } == "efd639ae4a64bd67d0577000ddd3db74cad76c571aec4e797bdebeff456fdb77")
    #expect(values.registers[9].map { digits($0) } == "6915981c82f43f56db2ebae7e4c3ffc25a48585a8e46a085cdad4d7b13cbd80e")
  }

  /// Up to 2 GiB, the memory's size is in the kernel's header; beyond, it is not.
  @Test func memoryCounts() throws {
    func programs(_ memory: UInt64) throws -> [UInt8]? {
      try ReferenceValues(DirectBoot(kernel: MadePE().bytes, initialRAMDisk: [1], commandLine: ""), memory: memory).registers[4]
    }
    #expect(try programs(1 << 30) != programs(2 << 30))
    #expect(try programs(3 << 30) == programs(64 << 30))
    #expect(throws: NodeImageError.self) { try programs(1 << 16) }
  }

  @Test func thePolicyNamesWhatWasComputed() throws {
    var values = try ReferenceValues(DirectBoot(kernel: MadePE().bytes, initialRAMDisk: [1], commandLine: ""), memory: 1 << 30, firmware: [UInt8](repeating: 0xAB, count: 32))
    values.launchDigest = [0xCD]
    let policy = values.policy
    #expect(policy.contains("{pcr0: \"abab") && policy.contains("launch-digest: \"cd\"") && policy.hasSuffix("nonce: required\n"))
    #expect(!policy.contains("pcr0: any") && !policy.contains("tdx:"))
  }

  @Test func aDamagedKernelIsAnErrorOrAValue() {
    let whole = MadePE().bytes
    for place in 0..<0x400 {
      for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
        var changed = whole
        changed[place] = value
        _ = try? PEImage(changed, name: "changed").digest(SHA256.self)
        _ = try? ReferenceValues(DirectBoot(kernel: changed, initialRAMDisk: [1], commandLine: ""), memory: 1 << 30)
      }
    }
    for count in 0..<0x400 { #expect(throws: NodeImageError.self) { try PEImage(Array(whole.prefix(count)), name: "short") } }
  }
}

/// A kernel's first KiB as boot loaders and firmware read it, two sections and a signature.
struct MadePE {
  static let head = 0x80
  static let checksum = head + 24 + 64
  static let signatureEntry = head + 24 + 144
  static let signatureSize = 24

  var bytes: [UInt8] {
    var bytes = (0..<0x800).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }
    func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
      for index in 0..<MemoryLayout<Value>.size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    }
    put(UInt32(Self.head), 0x3C)
    put(UInt32(0x4550), Self.head)
    put(UInt16(2), Self.head + 6)
    put(UInt16(240), Self.head + 20)
    put(UInt16(0x20B), Self.head + 24)
    put(UInt32(0x400), Self.head + 24 + 60)
    put(UInt32(bytes.count), Self.signatureEntry)
    put(UInt32(Self.signatureSize), Self.signatureEntry + 4)
    for (index, start) in [0x600, 0x400].enumerated() {
      put(UInt32(0x200), Self.head + 24 + 240 + 40 * index + 16)
      put(UInt32(start), Self.head + 24 + 240 + 40 * index + 20)
    }
    put(UInt16(0x20F), 0x206)
    put(UInt8(1), 0x211)
    put(UInt16(3), 0x236)
    return bytes + [UInt8](repeating: 0xAA, count: Self.signatureSize)
  }
}
