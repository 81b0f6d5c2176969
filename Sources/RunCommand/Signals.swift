import Glibc

/// A full disk or a reader that went away is an error that is told, not a signal that ends the program half way. Handlers, since compilers
/// would inherit that a signal is ignored.
public func handleWriteSignals() {
  signal(SIGXFSZ) { _ in }
  signal(SIGPIPE) { _ in }
  // Swift's runtime takes it for a crash, of which it prints a trace instead of ending.
  signal(SIGQUIT, SIG_DFL)
}
