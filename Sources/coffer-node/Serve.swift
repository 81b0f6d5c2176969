import ArgumentParser
import CLinux
import FunctionDispatch
import FunctionStore
import Gateway
import Glibc
import Hummingbird
import Logging
import NIOCore
import ProgramFiles
import Synchronization

/// `coffer serve`: the front of a node.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves functions over HTTP, each call in a fresh trustlet where coffer.yaml does not say reuse.",
    discussion: """
      Examples:
        coffer serve --demo
        curl 'http://127.0.0.1:8080/f/greeting?name=you'
        coffer serve --platform tpm --broker https://broker.example:8090
        coffer serve --net https://api.example.org --net acme=connect:10.1.2.3:5432
        coffer serve --listen 0.0.0.0:80 --data /var/lib/coffer \\
          --host-name node.example

      SIGTERM and SIGINT end it: no call is begun any more, and those that run may finish. A second one ends those too.
      """)

  @Option(help: "Where to listen: ADDRESS:PORT. Anything but a loopback address lets the network in.")
  var listen = "127.0.0.1:8080"

  @Option(help: ArgumentHelp("Where the node keeps its functions and tokens; COFFER_DATA if left out, or coffer/node below ~/.local/share.", valueName: "dir"), completion: .directory)
  var data: String = StandardDirectory.path()

  @Option(help: ArgumentHelp("A further name by which the node's management and dashboard may be called.", valueName: "name"))
  var hostName: [String] = []

  @Flag(help: "Deploys the examples.")
  var demo = false

  @Option(help: "How the node logs on standard error: text or json.")
  var log: LogOutput.Format = .text

  @Flag(help: "Logs a line for each request of a function; without it, what callers do is in the metrics only (GET /metrics).")
  var logRequests = false

  @OptionGroup var options: DispatchOptions

  @OptionGroup var attestation: AttestationOptions

  @OptionGroup var network: NetworkOptions

  func run() async throws {
    guard let address = ListenAddress(listen) else {
      throw ValidationError("--listen: found \(listen), expected ADDRESS:PORT, as in 127.0.0.1:8080")
    }
    let descriptors = Int(clamping: coffer_raise_descriptor_limit())
    var dispatch = try options.configuration(descriptors: descriptors, connections: try network.connections())
    dispatch.attester = try attestation.configuration(directory: data, program: DispatchOptions.besideThisProgram)
    coffer_ignore_write_signals()
    let logs = FunctionLogs()
    let output = LogOutput(format: log)
    let logger = Logger(label: "coffer") { NodeLogHandler(label: $0, output: output, logs: logs) }
    // Who does not say how many has as many as there is room for.
    if options.running != nil, descriptors < dispatch.descriptorsAtMost {
      logger.warning(
        "this node may open \(descriptors) files, and \(dispatch.running) calls at once take \(dispatch.descriptorsAtMost); raise the limit (ulimit -n, or LimitNOFILE of its service), or lower --running")
    }
    let machine = dispatch.machine
    let desk = EvidenceDesk()
    let platform = NodePlatform()
    let state: NodeState
    do {
      state = try NodeState(directory: data, logger: logger, version: CofferVersion.number, machine: { machine ?? "" }, platform: { platform.shown }, hasBroker: attestation.namedBroker != nil,
        network: try network.rules(), others: NodeView.described + [desk.operation])
    } catch {
      throw CommandFailure("\(error)")
    }
    var configuration = NodeConfiguration(
      host: address.host, port: address.port, dispatch: dispatch, threads: options.threads ?? System.coreCount, drainTime: options.drain)
    configuration.attested = attestation.attested.flatMap { ListenAddress($0) }.map { ($0.host, $0.port) }
    // Not among the node's own lines, which are kept: a busy node's requests would push everything else out.
    if logRequests { configuration.requestLogger = Logger(label: "coffer.requests") { NodeLogHandler(label: $0, output: output) } }
    let node = Node(configuration, catalogue: state.store, logSink: logs, logger: logger)
    let dispatcher = node.dispatcher
    do {
      platform.set(try await dispatcher.startAttester())
    } catch {
      throw CommandFailure("\(error)")
    }
    desk.open(dispatcher, state.store)
    state.store.whenRouted { function, route in
      if let route { dispatcher.prepare(route) } else { dispatcher.forget(function) }
    }
    state.store.whenLimited { tenant, limits in
      if let limits { dispatcher.limit(tenant, to: limits) } else { dispatcher.forget(tenant: tenant) }
    }
    let view = NodeView(source: node.dispatcher, directory: state.store, logs: logs)
    let router = state.management.router(hostNames: HostNames(hostName))
    view.add(to: router, state.store)
    let (demo, drainTime) = (demo, options.drain)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await state.builds.run() }
        defer { group.cancelAll() }
        try await node.run(
          router,
          whenListening: { port in
            if node.configuration.attested != nil {
              Self.say("coffer: attested channels at https://\(node.configuration.attested?.host ?? ""):\(node.attestedPort.load(ordering: .acquiring))\n")
            }
            Self.announce("http://\(address.shown):\(port)", state, platform)
            if demo { await Self.demonstrate(state, logger) }
          },
          whenDraining: {
            view.drain()
            SecondSignal.watch(node, seconds: drainTime)
          })
      }
    } catch let failure as AttestedListenFailure {
      throw CommandFailure(cannotListen: attestation.attested ?? "", option: "--attested", failure.error)
    } catch let error as IOError {
      throw CommandFailure(cannotListen: listen, error)
    }
    output.flush()
  }

  private static func demonstrate(_ state: NodeState, _ logger: Logger) async {
    do {
      try await state.demonstrate()
      say("coffer: the examples are deployed: \(state.store.functions().map(\.name).joined(separator: ", "))\n")
    } catch {
      logger.error("the examples could not be deployed: \(error)")
    }
  }

  private static func announce(_ url: String, _ state: NodeState, _ platform: NodePlatform) {
    say(
      """
      coffer: serving functions at \(url)/f/NAME
      coffer: the dashboard is at \(url)/, the administrator's token in \(state.tokenFile)
      \(platform.words.map { "coffer: \($0)" }.joined(separator: "\n"))

      """)
  }

  /// At once, also into a pipe.
  private static func say(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
  }
}

extension LogOutput.Format: ExpressibleByArgument {}
