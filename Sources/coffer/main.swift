import Glibc
import RunCommand

// Running an image needs neither Foundation nor a compiler's libraries, whose loading takes longer than the run: they are in the second program.
fillStandardDescriptors()
if let line = RunLine(Array(CommandLine.arguments.dropFirst())) {
  let machine = ImageRun.MachineAhead()
  if let image = line.image, machine.isMade() {
    handleWriteSignals()
    exit(ImageRun.perform(image, line))
  }
}
FullProgram.become()
