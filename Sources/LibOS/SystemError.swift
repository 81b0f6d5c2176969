#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// Why an operation of the library OS failed: a Linux error number, whichever interface the program sees.
///
/// Numbers from ``EdgeError/limit`` on never come from the host: they ask for the program or the trustlet to be stopped.
public struct SystemError: Error, Equatable, Sendable {
  public let number: UInt32

  public init(number: UInt32) {
    self.number = number
  }
}

extension SystemError {
  public static var notPermitted: SystemError { SystemError(number: EdgeError.permission) }
  public static var notFound: SystemError { SystemError(number: EdgeError.notFound) }
  public static var interrupted: SystemError { SystemError(number: EdgeError.interrupted) }
  public static var inputOutput: SystemError { SystemError(number: EdgeError.inputOutput) }
  public static var badDescriptor: SystemError { SystemError(number: EdgeError.badHandle) }
  public static var outOfMemory: SystemError { SystemError(number: EdgeError.outOfMemory) }
  public static var exists: SystemError { SystemError(number: EdgeError.exists) }
  public static var notDirectory: SystemError { SystemError(number: EdgeError.notDirectory) }
  public static var isDirectory: SystemError { SystemError(number: EdgeError.isDirectory) }
  public static var invalid: SystemError { SystemError(number: EdgeError.invalid) }
  public static var tooManyOpenFiles: SystemError { SystemError(number: EdgeError.tooManyFiles) }
  public static var noSpace: SystemError { SystemError(number: EdgeError.noSpace) }
  public static var notEmpty: SystemError { SystemError(number: EdgeError.notEmpty) }
  public static var loop: SystemError { SystemError(number: EdgeError.loop) }
  public static var busy: SystemError { SystemError(number: 16) }
  public static var crossDevice: SystemError { SystemError(number: 18) }
  public static var fileTooLarge: SystemError { SystemError(number: 27) }
  public static var illegalSeek: SystemError { SystemError(number: EdgeError.illegalSeek) }
  public static var nameTooLong: SystemError { SystemError(number: EdgeError.nameTooLong) }
  public static var overflow: SystemError { SystemError(number: 75) }
  public static var illegalByteSequence: SystemError { SystemError(number: 84) }
  public static var notSocket: SystemError { SystemError(number: 88) }
  public static var notSupported: SystemError { SystemError(number: 95) }

  /// An argument of the program that the interface cannot even read: an address that is not in its memory or not aligned, a flag
  /// that does not exist. WebAssembly programs trap.
  public static var fault: SystemError { SystemError(number: EdgeError.limit) }
  /// The processor gives no randomness: the trustlet must end rather than go on with what someone could guess.
  public static var noEntropy: SystemError { SystemError(number: EdgeError.limit + 1) }
}
