import EdgeCalls

/// What a fault that the hardware noticed means to a WebAssembly program: generated code leaves bounds checks of linear memory
/// and the stack's end to the address space.
///
/// A guest that reports falsely only misnames its own end.
struct FaultClassification {
  let layout: TrustletLayout

  /// - Parameter faultAddress: Of the machine's last page fault; without meaning for other faults.
  func trap(_ report: TrapReport, faultAddress: UInt64?) -> Trap {
    guard report.kind == .hardwareFault else { return Trap(kind: report.kind, report: report, faultAddress: nil) }
    switch report.vector {
    case X86Vector.divideError:
      // Raised for the smallest integer divided by -1 too; generated code checks for that itself.
      return Trap(kind: .integerDivideByZero, report: report, faultAddress: nil)
    case X86Vector.pageFault:
      return Trap(kind: kind(ofAccessTo: faultAddress, report.errorCode), report: report, faultAddress: faultAddress)
    default:
      return Trap(kind: .hardwareFault, report: report, faultAddress: nil)
    }
  }

  private func kind(ofAccessTo address: UInt64?, _ errorCode: UInt64) -> TrapKind {
    // Running into memory instead of code is nothing that a WebAssembly program can do: call it what it is.
    guard let address, errorCode & X86Vector.pageFaultByFetching == 0 else { return .hardwareFault }
    if layout.stackGuard.contains(address) { return .callStackExhausted }
    if layout.isReachableThroughLinearMemory(address) { return .outOfBoundsMemoryAccess }
    return .hardwareFault
  }
}

private enum X86Vector {
  static let divideError: UInt64 = 0
  static let pageFault: UInt64 = 14
  /// Bit of the page fault's error code.
  static let pageFaultByFetching: UInt64 = 16
}
