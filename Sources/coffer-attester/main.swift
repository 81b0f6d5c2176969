import Attester
import Glibc

do throws(AttesterError) {
  exit(AttesterProcess.run(try AttesterOptions(Array(CommandLine.arguments.dropFirst()))))
} catch {
  let line = Array("coffer-attester: \(error)\n".utf8)
  _ = write(2, line, line.count)
  exit(2)
}
