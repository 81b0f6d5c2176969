/// A virtual processor's state at the start, as QEMU and KVM give it to SEV-SNP's firmware: AMD64 Architecture Programmer's Manual, volume 2,
/// table B-4 (the save area), with what differs from zero.
struct SNPProcessorState {
  let bytes: [UInt8]

  /// - Parameter start: where it begins, an address in the last 64 KiB below it.
  init(start: UInt32, _ guest: SNPGuest) {
    var page = [UInt8](repeating: 0, count: FirmwareVolume.alignment)
    func segment(_ offset: Int, _ selector: UInt16, _ attributes: UInt16, base: UInt64 = 0) {
      page.put(selector, at: offset)
      page.put(attributes, at: offset + 2)
      page.put(UInt32(0xFFFF), at: offset + 4)
      page.put(base, at: offset + 8)
    }
    // ES, CS, SS, DS, FS, GS; GDTR; LDTR; IDTR; TR.
    let data: UInt16 = 0x93
    segment(0x00, 0, data)
    segment(0x10, 0xF000, 0x9B, base: UInt64(start & 0xFFFF_0000))
    for offset in [0x20, 0x30, 0x40, 0x50] { segment(offset, 0, data) }
    segment(0x60, 0, 0)
    segment(0x70, 0, 0x82)
    segment(0x80, 0, 0)
    segment(0x90, 0, 0x8B)
    page.put(UInt64(0x1000), at: 0xD0)  // EFER: SVME, which KVM sets
    page.put(UInt64(0x40), at: 0x148)  // CR4: MCE, which KVM sets
    page.put(UInt64(0x10), at: 0x158)  // CR0: ET
    page.put(UInt64(0x400), at: 0x160)  // DR7
    page.put(UInt64(0xFFFF_0FF0), at: 0x168)  // DR6
    page.put(UInt64(2), at: 0x170)  // RFLAGS
    page.put(UInt64(start & 0xFFFF), at: 0x178)  // RIP
    page.put(UInt64(0x0007_0406_0007_0406), at: 0x268)  // PAT at reset
    page.put(UInt64(guest.signature), at: 0x310)  // RDX
    page.put(guest.features, at: 0x3B0)  // SEV_FEATURES
    page.put(UInt64(1), at: 0x3E8)  // XCR0
    page.put(UInt32(0x1F80), at: 0x408)  // MXCSR
    page.put(UInt16(0x37F), at: 0x410)  // the x87's control word
    bytes = page
  }
}
