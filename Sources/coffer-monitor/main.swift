import Glibc
import MonitorProcess

do throws(MonitorOptionsError) {
  exit(MonitorProcess.run(try MonitorOptions(Array(CommandLine.arguments.dropFirst()))))
} catch {
  let line = Array("coffer-monitor: \(error)\n".utf8)
  _ = write(2, line, line.count)
  exit(2)
}
