import EdgeCalls

/// What the machine page of this kind of machine does at an edge call: it leaves, and when it goes on it loads the initial state of x87, SSE and AVX
/// before anything else. The state in which such a guest is left is then of no consequence for what it does next.
///
/// An image carries its machine page with it and may carry another, so the bytes are looked at and not believed.
enum ResumeCode {
  /// movabs $doorbell,%rax; mov %eax,(%rax): the way out.
  static let wayOut: [UInt8] = [0x48, 0xB8] + (0..<8).map { UInt8(truncatingIfNeeded: MemoryMap.doorbell >> (8 * $0)) } + [0x89, 0x00]
  /// mov $-1,%eax; mov %eax,%edx; xrstor 0x80(page).
  private static let wayBack: [UInt8] = [0xB8, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0xC2, 0x0F, 0xAE, 0x2D, 0x66, 0x00, 0x00, 0x00]
  /// The legacy region and header that `xrstor` reads: FCW and MXCSR, and no part that is in use.
  private static let stateOffset = 0x80
  private static let initialState: [UInt8] = {
    var state = [UInt8](repeating: 0, count: 576)
    (state[0], state[1], state[24], state[25]) = (0x7F, 0x03, 0x80, 0x1F)
    return state
  }()

  static func leaves(_ page: UnsafeRawPointer) -> Bool { holds(page, wayOut, at: Int(MachinePage.edgeWait)) }

  static func loadsInitialState(_ page: UnsafeRawPointer) -> Bool {
    leaves(page) && holds(page, wayBack, at: Int(MachinePage.edgeWait) + wayOut.count) && holds(page, initialState, at: stateOffset)
  }

  /// Where a guest that has left goes on: at the store or behind it, as the hypervisor has it.
  static func isResumption(_ instruction: UInt64) -> Bool {
    let store = MemoryMap.machinePage + MachinePage.edgeWait + 10
    return instruction == store || instruction == store + 2
  }

  private static func holds(_ page: UnsafeRawPointer, _ bytes: [UInt8], at offset: Int) -> Bool {
    bytes.elementsEqual(UnsafeRawBufferPointer(start: page + offset, count: bytes.count))
  }
}
