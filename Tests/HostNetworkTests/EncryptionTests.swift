import CLinux
import EdgeCalls
import Foundation
import Glibc
import HostNetwork
import Testing

/// TLS by the built coffer-node, with OpenSSL's server as the peer.
@Suite(.enabled(if: EncryptionTools.areMet, EncryptionTools.finding))
struct EncryptionTests {
  private func ask(_ server: EncryptedServer, trusting authorities: String?) throws -> (gate: Gate, connection: UInt64, error: Int32) {
    let program = try #require(EncryptionTools.node)
    let gate = try Gate(
      ["tls:localhost:\(server.port)"], resolver: SystemResolver(),
      encryption: Encryption(program: program, leading: ["tls-gate"], authorities: authorities))
    let begun = gate.ask(.connectByName, argument: UInt64(server.port) | NetworkFlags.encrypted, Array("localhost".utf8))
    try #require(begun.error == 0)
    try gate.wait(begun.value)
    return (gate, begun.value, gate.ask(.finish, begun.value).error)
  }

  @Test func theProgramSeesPlainText() throws {
    let server = try EncryptedServer(name: "localhost")
    let (gate, connection, error) = try ask(server, trusting: server.certificate)
    #expect(error == 0)
    #expect(gate.ask(.send, connection, Array("hello\n".utf8)).value == 6)
    var answer: [UInt8] = []
    while !answer.contains(UInt8(ascii: "\n")) {
      try gate.wait(connection)
      let part = gate.ask(.receive, connection, wanted: 100)
      try #require(part.error == 0 && !part.bytes.isEmpty)
      answer += part.bytes
    }
    #expect(answer == Array("olleh\n".utf8))
    // Whose address it is, is the gate's business.
    #expect(gate.ask(.address, connection, argument: 1, wanted: 28).error == EINVAL)
  }

  @Test func aCertificateThatNobodyVouchesForIsRefused() throws {
    let server = try EncryptedServer(name: "localhost")
    #expect(try ask(server, trusting: nil).error == EKEYREJECTED)
  }

  @Test func aCertificateOfAnotherNameIsRefused() throws {
    let server = try EncryptedServer(name: "example.org")
    #expect(try ask(server, trusting: server.certificate).error == EKEYREJECTED)
  }

  @Test func aPeerWithoutTLSIsRefused() throws {
    let peer = try Peer()
    let program = try #require(EncryptionTools.node)
    let gate = try Gate(
      ["tls:localhost:\(peer.port)"], resolver: SystemResolver(), encryption: Encryption(program: program, leading: ["tls-gate"]))
    let connection = gate.ask(.connectByName, argument: UInt64(peer.port) | NetworkFlags.encrypted, Array("localhost".utf8)).value
    let other = try peer.accepted()
    _ = write(other, "220 plain text\r\n", 16)
    close(other)
    try gate.wait(connection)
    #expect(gate.ask(.finish, connection).error == EPROTO)
  }

  /// Whoever is given up by its trustlet, or by the node, does not stay for a peer that says nothing.
  @Test func aPeerThatIsSilentKeepsNoProcess() throws {
    let program = try #require(EncryptionTools.node)
    let (network, local) = (try pair(), try pair())
    defer { [network.ours, network.theirs, local.theirs].forEach { close($0) } }
    var words: [UnsafeMutablePointer<CChar>?] = [program, "tls-gate", "--name", "localhost"].map { (word: String) in strdup(word) }
    defer { words.forEach { free($0) } }
    words.append(nil)
    let process = words.withUnsafeBufferPointer { coffer_net_start(program, $0.baseAddress, network.theirs, local.theirs) }
    try #require(process > 0)
    close(local.ours)
    var (status, found): (Int32, pid_t) = (0, 0)
    for _ in 0..<600 where found == 0 {
      found = waitpid(process, &status, WNOHANG)
      usleep(100_000)
    }
    #expect(found == process, "it waits for the peer")
    if found == 0 { kill(process, SIGKILL) }
  }

  /// Opening, connecting, tracing, signalling, executing and the rest are tried from inside, behind the locks under which the others of these tests carry bytes.
  @Test func whatIsTriedIsRefused() throws {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: try #require(EncryptionTools.node))
    program.arguments = ["tls-gate", "--name", "localhost", "--prove-locks"]
    let words = Pipe()
    program.standardError = words
    try program.run()
    let text = String(decoding: words.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    program.waitUntilExit()
    #expect(program.terminationStatus == 0, "\(text)")
    for attempt in ["open", "socket", "connect", "ptrace", "kill", "execve", "executable memory"] { #expect(text.contains("\(attempt): refused"), "\(text)") }
    #expect(!text.contains(": done") && !text.contains("uid 0\n"), "\(text)")
  }

  /// By the kernel's word, of one that carries bytes: every thread of it is behind the filter, and it has nothing of its starter's.
  @Test func aGateHasItsTwoConnectionsAndNothingElse() throws {
    let server = try EncryptedServer(name: "localhost")
    // Inherited by whatever is started carelessly.
    let stray = open(server.certificate, O_RDONLY)
    defer { close(stray) }
    let others = try gates(server)
    let (gate, connection, error) = try ask(server, trusting: server.certificate)
    try #require(error == 0)
    let found = try gates(server).subtracting(others)
    let process = try #require(found.first)
    for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") {
      let status = try String(contentsOfFile: "/proc/\(process)/task/\(task)/status", encoding: .utf8)
      #expect(status.contains("Seccomp:\t2"), "\(status)")
      #expect(status.contains("NoNewPrivs:\t1") && status.contains("CapEff:\t0000000000000000"), "\(status)")
      if geteuid() == 0 { #expect(!status.contains("Uid:\t0\t"), "\(status)") }
    }
    if geteuid() == 0 {
      #expect(try Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/environ")).isEmpty)
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        .map { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)") }
      #expect(open.filter { $0.hasPrefix("socket:") }.count == 2, "\(open)")
      #expect(!open.contains(server.certificate), "\(open)")
    }
    _ = gate.ask(.close, connection)
  }

  /// Processes `tls-gate` that trust this server's certificate.
  private func gates(_ server: EncryptedServer) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      guard Int(name) != nil, let line = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8) else { return false }
      return line.contains("tls-gate") && line.contains(server.certificate)
    })
  }

  private func pair() throws -> (ours: Int32, theirs: Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    let made = withUnsafeMutableBytes(of: &ends) { coffer_net_pair($0.bindMemory(to: Int32.self).baseAddress) }
    try #require(made == 0)
    return ends
  }

  /// A rule for TLS is none for plain connections to the same place.
  @Test func encryptionIsNotLeftOut() throws {
    let gate = try Gate(["tls:localhost:1"], resolver: SystemResolver(), encryption: Encryption(program: "/nonexistent"))
    #expect(gate.ask(.connectByName, argument: 1, Array("localhost".utf8)).error == EACCES)
    #expect(gate.ask(.connectByName, argument: 1 | NetworkFlags.encrypted, Array("127.0.0.1".utf8)).error == EACCES)
    #expect(gate.ask(.socket).error == EACCES)
  }
}

enum EncryptionTools {
  static let node: String? = {
    guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("coffer-node").path
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
  }()
  static let openSSL = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first { FileManager.default.isExecutableFile(atPath: $0) }
  static let areMet = node != nil && openSSL != nil
  static let finding: Comment = "needs coffer-node beside the tests (\(node ?? "not there")) and openssl (\(openSSL ?? "not there"))"
}

/// `openssl s_server`, which answers each line reversed, under a certificate of its own.
final class EncryptedServer {
  let port: UInt16
  let certificate: String
  private let folder: String
  private let process = Process()

  init(name: String) throws {
    folder = NSTemporaryDirectory() + "coffer-tls-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    certificate = folder + "/certificate.pem"
    port = try Peer(listens: false).port
    let program = URL(fileURLWithPath: try #require(EncryptionTools.openSSL))
    let maker = Process()
    maker.executableURL = program
    maker.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder + "/key.pem", "-out", certificate, "-days", "2",
      "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)",
    ]
    (maker.standardOutput, maker.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try maker.run()
    maker.waitUntilExit()
    try #require(maker.terminationStatus == 0)
    process.executableURL = program
    process.arguments = ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", folder + "/key.pem", "-quiet", "-rev"]
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    try waitUntilItListens()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func waitUntilItListens() throws {
    let gate = try Gate(["connect:127.0.0.1:\(port)"])
    for _ in 0..<3000 {
      let socket = try gate.socket()
      _ = gate.ask(.connect, socket, try Gate.address("127.0.0.1", port))
      try gate.wait(socket, writable: true)
      let isThere = gate.ask(.finish, socket).error == 0
      _ = gate.ask(.close, socket)
      if isThere { return }
      usleep(20_000)
    }
    try #require(Bool(false), "openssl s_server does not listen")
  }
}
