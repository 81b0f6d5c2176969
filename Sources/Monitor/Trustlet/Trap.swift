import EdgeCalls

/// Why a program stopped, as well as can be told.
public struct Trap: Equatable, Sendable {
  /// With a fault that the hardware noticed: what it means to the program, or else ``EdgeCalls/TrapKind/hardwareFault``.
  public var kind: TrapKind
  /// What the guest reported.
  public var report: TrapReport
  /// The address that the faulting access wanted, where the machine knows it.
  public var faultAddress: UInt64?

  public init(kind: TrapKind, report: TrapReport, faultAddress: UInt64?) {
    self.kind = kind
    self.report = report
    self.faultAddress = faultAddress
  }
}

extension Trap: CustomStringConvertible {
  public var description: String {
    var text = "\(kind.phrase) at instruction \(hexadecimal(report.instruction))"
    if kind == .hardwareFault { text += ", vector \(report.vector), error code \(hexadecimal(report.errorCode))" }
    if let faultAddress { text += ", address \(hexadecimal(faultAddress))" }
    return text
  }

  private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

extension TrapKind {
  /// In the words of WebAssembly's specification tests.
  public var phrase: String {
    switch self {
    case .unreachable: "unreachable"
    case .integerDivideByZero: "integer divide by zero"
    case .integerOverflow: "integer overflow"
    case .invalidConversionToInteger: "invalid conversion to integer"
    case .outOfBoundsMemoryAccess: "out of bounds memory access"
    case .outOfBoundsTableAccess: "out of bounds table access"
    case .undefinedElement: "undefined element"
    case .uninitializedElement: "uninitialized element"
    case .indirectCallTypeMismatch: "indirect call type mismatch"
    case .callStackExhausted: "call stack exhausted"
    case .hardwareFault: "hardware fault"
    case .incompatibleImport: "incompatible import type"
    case .uncaughtException: "uncaught exception"
    case .nullReference: "null exception reference"
    }
  }
}
