import Glibc
import NodeStart
import Platform

// coffer-evidence ADDRESS PORT: gives this machine's evidence to whoever asks with a nonce. It holds no secret and starts nothing.
let words = CommandLine.arguments
guard words.count == 3, let address = IPv4Address(words[1]), let port = UInt16(words[2]), port > 0 else {
  Diagnostics.say("expected ADDRESS PORT, as in 0.0.0.0 8081")
  exit(125)
}
signal(SIGPIPE, SIG_IGN)
guard let listener = Listener(address, port) else { exit(125) }
var service = EvidenceService(listener)
service.serve()
