import CLinux
import Glibc

/// A program's file as it was at one moment: in memory, where nobody can change it any more, so that what was measured is what is started.
package struct SealedProgram: Sendable {
  package let path: String
  /// For ``ChildProgram``.
  package let descriptor: Int32

  private static let pieceSize = 1 << 20

  /// - Parameter take: is given all of it, piece by piece, in order.
  package init(_ path: String, reading take: (UnsafeRawBufferPointer) -> Void) throws(ProcessError) {
    let file = coffer_open_image(path)
    guard file >= 0 else { throw ProcessError("cannot read \(path)", errorNumber: -file) }
    defer { close(file) }
    let copy = coffer_program_file("coffer-program")
    guard copy >= 0 else { throw ProcessError("cannot make a file in memory for \(path)", errorNumber: errno) }
    self.path = path
    descriptor = copy
    do {
      try Self.copy(file, copy, path, take)
    } catch {
      close(copy)
      throw error
    }
  }

  private static func copy(_ file: Int32, _ copy: Int32, _ path: String, _ take: (UnsafeRawBufferPointer) -> Void) throws(ProcessError) {
    var piece = [UInt8](repeating: 0, count: pieceSize)
    var offset: UInt64 = 0
    while true {
      let count = piece.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw ProcessError("cannot read \(path)", errorNumber: errno) }
      guard count > 0 else { break }
      let written = piece.withUnsafeBytes { coffer_file_write(copy, $0.baseAddress, count, offset) }
      guard written == 0 else { throw ProcessError("cannot copy \(path) into memory", errorNumber: -written) }
      // From the buffer that was written, not from the file, which may change.
      piece.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += UInt64(count)
    }
    let sealed = coffer_memory_file_seal(copy)
    guard sealed == 0 else { throw ProcessError("cannot seal the copy of \(path)", errorNumber: -sealed) }
  }
}
