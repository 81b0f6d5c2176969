/// The bytes of a secret in one place of memory, overwritten when nobody holds them any more.
///
/// An array that is erased through a variable of its own is copied first where another variable still has it, and the copy is what is overwritten: so
/// here nobody has the array but this object, and those who read it while they do.
package final class ErasingBytes {
  private var bytes: [UInt8]

  init(_ bytes: consuming [UInt8]) { self.bytes = bytes }

  deinit { erase(&bytes) }

  package var count: Int { bytes.count }

  /// - Parameter body: must not keep what it is given.
  package func read<Result, Failure: Error>(_ body: ([UInt8]) throws(Failure) -> Result) throws(Failure) -> Result { try body(bytes) }
}
