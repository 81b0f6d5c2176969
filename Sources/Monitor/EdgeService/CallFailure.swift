import CLinux
import EdgeCalls
import Glibc

/// Why an edge call is answered with an error: the Linux error number that crosses the edge.
struct CallFailure: Error, Equatable {
  let number: UInt32

  init(_ number: UInt32) {
    self.number = number >= 1 && number < EdgeError.limit ? number : EdgeError.inputOutput
  }

  /// What a function of the C shim returned below zero.
  init(result: Int) {
    self.init(UInt32(exactly: 0 - max(result, -0xFFFF)) ?? EdgeError.inputOutput)
  }

  static let again = CallFailure(UInt32(EAGAIN))
  static let fileTooLarge = CallFailure(UInt32(EFBIG))
  static let illegalByteSequence = CallFailure(UInt32(EILSEQ))
  static let permission = CallFailure(EdgeError.permission)
  static let notFound = CallFailure(EdgeError.notFound)
  static let interrupted = CallFailure(EdgeError.interrupted)
  static let inputOutput = CallFailure(EdgeError.inputOutput)
  static let badHandle = CallFailure(EdgeError.badHandle)
  static let access = CallFailure(EdgeError.access)
  static let exists = CallFailure(EdgeError.exists)
  static let busy = CallFailure(UInt32(EBUSY))
  static let notDirectory = CallFailure(EdgeError.notDirectory)
  static let isDirectory = CallFailure(EdgeError.isDirectory)
  static let invalid = CallFailure(EdgeError.invalid)
  static let tooManyFiles = CallFailure(EdgeError.tooManyFiles)
  static let noSpace = CallFailure(EdgeError.noSpace)
  static let readOnly = CallFailure(EdgeError.readOnly)
  static let nameTooLong = CallFailure(EdgeError.nameTooLong)
  static let notSupported = CallFailure(EdgeError.notSupported)
  static let notEmpty = CallFailure(EdgeError.notEmpty)
  static let loop = CallFailure(EdgeError.loop)
}

/// The result of a function of the C shim, which returns negative error numbers.
@discardableResult
func checked(_ result: Int) throws(CallFailure) -> Int {
  guard result >= 0 else { throw CallFailure(result: result) }
  return result
}

@discardableResult
func checked(_ result: Int32) throws(CallFailure) -> Int32 {
  guard result >= 0 else { throw CallFailure(result: Int(result)) }
  return result
}

/// Repeats a call of the C library for as long as it is interrupted.
@discardableResult
func retrying(_ call: () -> Int) throws(CallFailure) -> Int {
  while true {
    let result = call()
    if result >= 0 { return result }
    let number = errno
    if number != EINTR { throw CallFailure(UInt32(exactly: number) ?? EdgeError.inputOutput) }
  }
}

@discardableResult
func retrying(_ call: () -> Int32) throws(CallFailure) -> Int {
  try retrying { Int(call()) } as Int
}

func status(of descriptor: Int32) throws(CallFailure) -> coffer_file_status {
  var status = coffer_file_status()
  try checked(coffer_status(descriptor, &status))
  return status
}
