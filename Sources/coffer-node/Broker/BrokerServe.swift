import ArgumentParser
import Attestation
import CLinux
import Glibc
import HostNetwork
import HummingbirdTLS
import KeyBroker
import Logging
import NIOCore

struct BrokerServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Starts a broker.",
    discussion: """
      Examples:
        coffer broker serve
        coffer broker serve --data /var/lib/coffer/broker --key /run/keys/broker
        coffer broker serve --listen 0.0.0.0:8443 --certificate chain.pem \\
          --private-key key.pem

      Everything it keeps lies encrypted under the master key of --key. SIGTERM and SIGINT end it.
      """)

  @Option(help: "Where to listen: ADDRESS:PORT. Anything but a loopback address lets the network in.")
  var listen = "127.0.0.1:8085"

  @Option(help: ArgumentHelp("Where the broker keeps its data; COFFER_BROKER_DATA if left out, or coffer/broker below ~/.local/share.", valueName: "dir"), completion: .directory)
  var data: String = BrokerDirectory.standard()

  @Option(help: ArgumentHelp("The master key, a file of 32 bytes and mode 0600; master-key in the data directory if left out; the first start makes it.", valueName: "file"), completion: .file())
  var key: String?

  @Option(help: ArgumentHelp("The descriptor from which the master key is read, in the place of a file.", valueName: "number"))
  var keyDescriptor: Int32?

  @Option(help: ArgumentHelp("The file for the administrator's token: KEY.admin-token beside the file of --key, or admin-token in the data directory, if left out.", valueName: "file"), completion: .file())
  var adminToken: String?

  @Option(help: ArgumentHelp("The chain of certificates for TLS, in PEM.", valueName: "file"), completion: .file())
  var certificate: String?

  @Option(help: ArgumentHelp("Its private key, in PEM.", valueName: "file"), completion: .file())
  var privateKey: String?

  @Flag(help: "Serve the network without TLS: whoever is between sees administrators' tokens and secrets on their way in.")
  var plainHttp = false

  @Option(help: ArgumentHelp("What hardware's makers have published: certificates, revocation lists, keys, Intel's collateral. May be repeated.", valueName: "file"), completion: .file())
  var collateral: [String] = []

  @Option(help: ArgumentHelp("How long a session lasts from its challenge on, in seconds or with a unit, as 5m; 300 by default.", valueName: "time"), transform: ArgumentForm.seconds)
  var session = 300

  func validate() throws {
    guard keyDescriptor == nil || key == nil else { throw ValidationError("--key and --key-descriptor both name the master key; give one of them") }
    guard (certificate == nil) == (privateKey == nil) else { throw ValidationError("--certificate and --private-key belong together; give both, or neither") }
    guard (10...86_400).contains(session) else { throw ValidationError("--session: found \(session) s, expected 10 to 86400") }
    guard keyDescriptor == nil || adminToken != nil else {
      throw ValidationError("--key-descriptor keeps the master key apart from the data; say with --admin-token where the administrator's token is to be, which is a key to them too")
    }
    guard keyDescriptor ?? 3 >= 0 else { throw ValidationError("--key-descriptor: found \(keyDescriptor ?? 0), expected 0 or more") }
  }

  func run() async throws {
    guard let address = ListenAddress(listen) else {
      throw ValidationError("--listen: found \(listen), expected ADDRESS:PORT, as in 127.0.0.1:8085")
    }
    let isLoopback = ["localhost", "127.0.0.1", "::1"].contains(address.host)
    guard isLoopback || certificate != nil || plainHttp else {
      throw CommandFailure(
        "\(listen) lets the network in, and without TLS whoever is between sees tokens and secrets: give --certificate and --private-key, or say --plain-http")
    }
    _ = coffer_raise_descriptor_limit()
    // Before there is any secret: nobody of this user's reads this process's memory, no core file holds it, and files are the owner's alone.
    guard coffer_lock_limits(UInt64.max) == 0 else { throw CommandFailure("the system does not let this process forbid dumps of its memory, which will hold keys") }
    umask(0o077)
    coffer_ignore_write_signals()
    var configuration = KeyBrokerConfiguration()
    configuration.sessionTime = Double(session)
    for path in collateral {
      do {
        try configuration.endorsements.add(file: try InputFile.contents(of: path, limit: Endorsements.maximumFileSize))
      } catch let error as MalformedEvidence {
        throw CommandFailure("\(path): \(error)")
      }
    }
    let broker: KeyBroker
    let tokenFile: String
    do {
      try Self.makeDirectory(data)
      let store = try BrokerStore(directory: data, key: try masterKey())
      // Where the master key is kept apart the token is too: beside the data it would be a key to them.
      tokenFile = try store.provideAdministratorToken(file: adminToken ?? key.map { "\($0).admin-token" })
      broker = try KeyBroker(store: store, configuration: configuration, report: { Terminal.complain($0) })
    } catch let error as BrokerError {
      throw CommandFailure(error.message)
    }
    let logger = Logger(label: "coffer.broker") { _ in SwiftLogNoOpLogHandler() }
    let server = BrokerServer(broker, tls: try tls(), logger: logger)
    let scheme = certificate == nil ? "http" : "https"
    let isExposed = !isLoopback && certificate == nil
    let announce: @Sendable (Int) -> Void = { port in
      if isExposed {
        Terminal.complain("PLAIN HTTP ON THE NETWORK: whoever is between sees administrators' tokens and secrets on their way in")
      }
      Self.say(
        """
        coffer: the broker serves at \(scheme)://\(address.shown):\(port)
        coffer: its key, to pin: SHA-256 \(hexadecimal(broker.publicKey.fingerprint))
        coffer: what manifests name that take its secrets alone: broker: {key: \(broker.author)}
        coffer: the administrator's token is in \(tokenFile)

        """)
    }
    do {
      try await server.run(host: address.host, port: address.port, whenListening: announce)
    } catch let error as IOError {
      throw CommandFailure(cannotListen: listen, error)
    }
  }

  private static func makeDirectory(_ path: String) throws {
    // As the store would: the master key's file may come before it.
    for index in path.indices.dropFirst() where path[index] == "/" { mkdir(String(path[..<index]), 0o755) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw CommandFailure("cannot make \(path): \(String(cString: strerror(errno)))") }
  }

  private func masterKey() throws -> MasterKey {
    if let keyDescriptor { return try MasterKey.descriptor(keyDescriptor) }
    let path = key ?? "\(data)/master-key"
    let (masterKey, isNew) = try MasterKey.file(path, for: data)
    if isNew { Terminal.note("made the master key \(path): without it nothing here can be read again, so keep a copy elsewhere") }
    if key == nil { Terminal.note("the master key lies beside the data; --key keeps it apart, so that who copies the one has not the other") }
    return masterKey
  }

  private func tls() throws -> TLSConfiguration? {
    guard let certificate, let privateKey else { return nil }
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(certificate)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem)))
      configuration.minimumTLSVersion = .tlsv12
      return configuration
    } catch {
      if let problem = Encryption.problem(withAuthorities: certificate) { throw CommandFailure("--certificate \(certificate): \(problem)") }
      guard access(privateKey, R_OK) == 0 else { throw CommandFailure("--private-key \(privateKey): \(String(cString: strerror(errno)))") }
      throw CommandFailure("--private-key \(privateKey): found no key of \(certificate), expected it in PEM and without a password")
    }
  }

  /// At once, also into a pipe.
  private static func say(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
  }
}

enum BrokerDirectory {
  /// COFFER_BROKER_DATA; or else coffer/broker below XDG_DATA_HOME or ~/.local/share.
  static func standard(_ variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }) -> String {
    func set(_ name: String) -> String? { variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
    if let path = variable("COFFER_BROKER_DATA"), !path.isEmpty { return path }
    if let path = set("XDG_DATA_HOME") { return "\(path)/coffer/broker" }
    return "\(set("HOME") ?? "/var/lib")/.local/share/coffer/broker"
  }
}
