/// Error numbers of WASI preview 1 (`$errno` of its witx).
public enum WASIErrno {
  public static let success: UInt32 = 0

  /// WASI's number for a Linux one. Numbers that WASI does not have are input/output errors.
  public static func number(_ error: SystemError) -> UInt32 {
    switch error.number {
    case 1: 63  // perm
    case 2: 44  // noent
    case 4: 27  // intr
    case 6: 60  // nxio
    case 9: 8  // badf
    case 11: 6  // again
    case 12: 48  // nomem
    case 13: 2  // acces
    case 16: 10  // busy
    case 17: 20  // exist
    case 18: 75  // xdev
    case 19: 43  // nodev
    case 20: 54  // notdir
    case 21: 31  // isdir
    case 22: 28  // inval
    case 23: 41  // nfile
    case 24: 33  // mfile
    case 25: 59  // notty
    case 26: 74  // txtbsy
    case 27: 22  // fbig
    case 28: 51  // nospc
    case 29: 70  // spipe
    case 30: 69  // rofs
    case 31: 34  // mlink
    case 32: 64  // pipe
    case 36: 37  // nametoolong
    case 38, 95: 58  // notsup
    case 39: 55  // notempty
    case 40: 32  // loop
    case 75: 61  // overflow
    case 84: 25  // ilseq
    case 88: 57  // notsock
    case 122: 19  // dquot
    default: 29  // io
    }
  }
}

/// What a call to WASI comes to.
public enum WASIOutcome: Equatable {
  /// The function returns this error number.
  case errno(UInt32)
  /// As in Wasmtime, an address that is outside of the memory or misaligned ends the program like any access outside.
  case trap
  /// The trustlet cannot go on.
  case abort(StaticString)

  public static func == (left: WASIOutcome, right: WASIOutcome) -> Bool {
    switch (left, right) {
    case (.errno(let left), .errno(let right)): left == right
    case (.trap, .trap), (.abort, .abort): true
    default: false
    }
  }

  /// Runs one call.
  public init(_ call: () throws(SystemError) -> Void) {
    do throws(SystemError) {
      try call()
      self = .errno(WASIErrno.success)
    } catch {
      switch error {
      case .fault: self = .trap
      case .noEntropy: self = .abort("the processor gives no randomness, and the host's is not used")
      default: self = .errno(WASIErrno.number(error))
      }
    }
  }
}
