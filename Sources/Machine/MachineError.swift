import Glibc

/// Why a machine could not be made, run or changed. What a *guest* does wrong is never an error but a ``MachineExit``.
public struct MachineError: Error, Sendable, Equatable {
  /// What kind of failure it is, for callers that go on differently.
  public enum Code: Sendable, Equatable {
    /// The configuration, or a request about memory, contradicts itself or the memory map.
    case invalidConfiguration
    /// An address range is not inside one region.
    case outOfRange
    /// This host cannot run this kind of machine.
    case unavailable
    /// The host has no memory, descriptors or machines left.
    case exhausted
    /// A system call failed although it should not.
    case systemCall
  }

  public var code: Code
  /// Linux's error number where a system call failed, else 0.
  public var errorNumber: Int32
  /// What failed, what was found, what was expected, what to do.
  public var message: String

  public init(_ code: Code, errorNumber: Int32 = 0, _ message: String) {
    self.code = code
    self.errorNumber = errorNumber
    self.message = message
  }
}

extension MachineError: CustomStringConvertible {
  public var description: String {
    errorNumber == 0 ? message : "\(message) (error number \(errorNumber))"
  }
}

/// - Parameter errorNumber: errno's, positive.
package func systemCallFailed(_ what: String, _ errorNumber: Int32) -> MachineError {
  let exhausted = [ENOMEM, EMFILE, ENFILE, ENOSPC, EAGAIN].contains(errorNumber)
  return MachineError(
    exhausted ? .exhausted : .systemCall, errorNumber: errorNumber,
    "\(what) failed: \(String(cString: strerror(errorNumber)))"
      + (exhausted ? ": end other machines or raise this process's limits (memory, open files, processes)" : "") + fewDescriptors())
}

/// Where a process may have hardly any files open, calls fail with error numbers that do not say so.
private func fewDescriptors() -> String {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < 64 else { return "" }
  return "; this process may have only \(limit.rlim_cur) files open (ulimit -n): allow it 64"
}

package func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
