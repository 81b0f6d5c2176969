import Glibc
import NodeStart
import Platform

/// What runs on a node: the server of functions and whoever gives the machine's evidence.
struct Node {
  private static let server = "/coffer/coffer-node"
  private static let evidence = "/coffer/coffer-evidence"
  private static let functions = "/functions"
  private static let suffix = ".trustlet"
  /// Without acceleration a machine is a hundred times slower.
  private static let patience = 600

  private let settings: NodeSettings

  init(_ settings: NodeSettings) { self.settings = settings }

  /// Until the server ends. Whatever the node started and forgot is waited for here too: it has no other parent.
  func run() {
    let host = settings.address == nil ? "127.0.0.1" : "0.0.0.0"
    guard let server = Child.start(
      [Self.server, "serve", "--listen", "\(host):\(settings.port)", "--data", "\(Machine.data)/node", "--machine", machine, "--log", "json"]
        + evidenceOptions(host))
    else { return }
    guard let evidence = Child.start([Self.evidence, host, "\(settings.evidencePort)"]) else { return }
    guard deployFunctions(while: server) else { return Console.say("the functions of this image could not be deployed") }
    Console.say("ready")
    while true {
      var status: Int32 = 0
      let ended = waitpid(-1, &status, 0)
      if ended < 0, errno == EINTR { continue }
      guard ended > 0 else { return }
      if ended == server { return Console.say("the server has ended, \(Child.shown(status))") }
      if ended == evidence { return Console.say("the evidence's program has ended, \(Child.shown(status))") }
    }
  }

  /// With what vouches for the machine the server starts its attester, whose evidence its instances and channels have.
  private func evidenceOptions(_ host: String) -> [String] {
    guard let platform = OwnPlatform.find() else {
      Console.say("nothing vouches for this machine: neither a confidential machine's reports nor a TPM; functions give no evidence")
      return []
    }
    return ["--platform", platform.rawValue, "--attested", "\(host):\(settings.attestedPort)"] + settings.brokerOptions
  }

  private var machine: String { access("/dev/kvm", R_OK | W_OK) == 0 ? "kvm" : "process" }

  /// Those of the image, which are measured with it. Each name is its function's.
  private func deployFunctions(while server: pid_t) -> Bool {
    guard waitUntilListening(server) else { return false }
    for file in Machine.names(in: Self.functions) where file.hasSuffix(Self.suffix) {
      let name = String(file.dropLast(Self.suffix.count))
      let deploy = Child.start([
        Self.server, "deploy", name, "\(Self.functions)/\(file)", "--node", "http://127.0.0.1:\(settings.port)", "--node-data", "\(Machine.data)/node",
      ])
      guard let deploy, Child.wait(deploy) == 0 else { return false }
    }
    return true
  }

  private func waitUntilListening(_ server: pid_t) -> Bool {
    for _ in 0..<Self.patience * 10 {
      if Port.answers(settings.port) { return true }
      var status: Int32 = 0
      guard waitpid(server, &status, WNOHANG) == 0 else {
        Console.say("the server has ended before it served, \(Child.shown(status))")
        return false
      }
      usleep(100_000)
    }
    Console.say("the server does not listen after \(Self.patience) s")
    return false
  }
}

/// A program that this one has started.
enum Child {
  /// With an environment of its own and the console for everything that it says.
  static func start(_ words: [String]) -> pid_t? {
    let settings = ["HOME=\(Machine.data)", "TMPDIR=/tmp", "PATH=/coffer", "SWIFT_BACKTRACE=enable=no"]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    let environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, words[0], nil, nil, arguments, environment)
    guard result == 0 else {
      Console.say("cannot start \(words[0]): \(String(cString: strerror(result)))")
      return nil
    }
    return child
  }

  /// - Returns: the exit status as the system gives it; 0 is success.
  static func wait(_ child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
    return status
  }

  static func shown(_ status: Int32) -> String {
    status & 0x7F == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
  }
}

enum Port {
  static func answers(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    } == 0
  }
}
