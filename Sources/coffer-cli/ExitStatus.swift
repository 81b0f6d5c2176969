import ArgumentParser
import Coffer

/// What `coffer` itself has to say by its exit status; everything else is the program's.
enum ExitStatus {
  static let timeout = ExitCode(124)
  static let failure = ExitCode(125)
  static let trap = ExitCode(134)
}

/// Runs a command's work; an error becomes one line on standard error and status 125.
func reporting(_ work: () throws -> Void) throws {
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
