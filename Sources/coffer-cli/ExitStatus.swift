import ArgumentParser
import ProcessMachine
import RunCommand

enum ExitStatus {
  static let failure = ExitCode(EndStatus.failure)
  /// Evidence was judged and is not accepted.
  static let refused = ExitCode(1)
  /// Evidence, policy or collateral that cannot be judged at all.
  static let unusable = ExitCode(2)
}

/// Runs a command's work; an error becomes one line on standard error and status 125.
func reporting(_ work: () throws -> Void) throws {
  // They would be killed with this program, and left to whoever takes orphans.
  defer { ProcessMachineKind().endKeptProcesses() }
  do {
    try work()
  } catch let code as ExitCode {
    throw code
  } catch {
    Terminal.progress(nil)
    Terminal.complain("\(error)")
    throw ExitStatus.failure
  }
}
