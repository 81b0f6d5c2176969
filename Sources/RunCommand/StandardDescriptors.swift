import Glibc

/// Opens those of the three standard descriptors that are closed, before anything else is opened: whatever took such a number would be what the
/// guest reads as its input or writes as its output.
///
/// Reading or writing them fails as it would have: each is opened for the other direction.
public func fillStandardDescriptors() {
  for (number, direction) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)] {
    guard fcntl(number, F_GETFD) < 0 else { continue }
    // The lowest number that is free, which is this one.
    guard open("/dev/null", direction) == number else { exit(EndStatus.failure) }
  }
}
