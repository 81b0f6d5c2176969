import CLinux
import Glibc
import NodeStart

// The first process of a node image. Nothing else is started on it: no shell, no login, no other service than the two below.
guard getpid() == 1 else {
  Console.say("this is the first process of a node image, and nothing else; 'coffer node-image' puts it there")
  exit(1)
}
Machine.mountFileSystems()
Machine.loadModules()
do throws(StartError) {
  let settings = try NodeSettings(commandLine: Machine.commandLine())
  Machine.startNetwork(settings)
  Machine.protect()
  Node(settings).run()
} catch {
  Console.say("this node does not start: \(error); the kernel's command line says what it is to be")
}
Machine.end()
