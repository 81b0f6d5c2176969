import Glibc
import Machine

/// A descriptor, or a negative error number, closed when it goes out of use.
struct OwnedDescriptor: ~Copyable, Sendable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { if number >= 0 { close(number) } }
}

func systemCallFailed(_ what: String, _ errorNumber: Int32) -> MachineError {
  let exhausted = [ENOMEM, EMFILE, ENFILE, ENOSPC, EAGAIN].contains(errorNumber)
  return MachineError(
    exhausted ? .exhausted : .systemCall, errorNumber: errorNumber,
    "\(what) failed: \(String(cString: strerror(errorNumber)))"
      + (exhausted ? ": end other machines or raise this process's limits (memory, open files, processes)" : ""))
}

func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
