import Glibc

/// A descriptor, or a negative error number, closed when it goes out of use.
package struct OwnedDescriptor: ~Copyable, Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  deinit { if number >= 0 { close(number) } }

  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }
}
