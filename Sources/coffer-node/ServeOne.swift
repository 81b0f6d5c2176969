import ArgumentParser
import CLinux
import FunctionDispatch
import Gateway
import Glibc
import HostNetwork
import Hummingbird
import Logging
import NIOCore
import NetworkRules
import ProgramFiles

/// `coffer run --http`: one image at an address, for all paths. The full program has built it and becomes this one.
struct ServeOne: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve-one", abstract: "Serves one image over HTTP, a fresh instance for each request.", shouldDisplay: false)

  /// Of a file that holds the image, and may be without a name.
  @Option var image: Int32
  @Option var measurement: String
  @Option var name: String
  @Option var listen: String
  /// The image is an HTTP component's.
  @Flag var component = false
  /// It has exported functions, and no program.
  @Flag var exports = false
  @Option var machine: String
  @Option(name: .customLong("env")) var environment: [String] = []
  /// Rules that the image's manifest covers.
  @Option(name: .customLong("net")) var network: [String] = []
  @Option var ca: String?
  // Bytes and nanoseconds; 0 for what the image allows.
  @Option var memoryLimit: UInt64 = 0
  @Option var time: UInt64 = 0
  @Option var processorTime: UInt64 = 0
  @Option var outputLimit: UInt64 = 0

  /// At once: there is one function, and who runs it is its operator.
  private static let connections = 10_000

  func run() async throws {
    guard let address = ListenAddress(listen) else {
      throw CommandFailure("--http: found \(listen), expected PORT or ADDRESS:PORT, as in 8080 or 127.0.0.1:8080")
    }
    let options = try DispatchOptions.parse(["--machine", machine])
    let descriptors = Int(clamping: coffer_raise_descriptor_limit())
    coffer_ignore_write_signals()
    let output = LogOutput(format: .text)
    let logger = Logger(label: "coffer") { label in
      var handler = NodeLogHandler(label: label, output: output)
      handler.logLevel = .warning
      return handler
    }
    let lines = Logger(label: "coffer.requests") { NodeLogHandler(label: $0, output: output) }
    var settings = FunctionSettings(
      memory: memoryLimit, processorTime: processorTime, output: outputLimit, environment: environment, answer: component ? .component : exports ? .exports : .auto)
    if time > 0 { settings.time = time }
    settings.network = try network.map { try NetworkRule($0) }
    var revision = Revision(measurement: measurement, imageFile: name, settings: settings)
    revision.imageDescriptor = image
    let route = Route(
      tenant: "default", function: name,
      revisions: [.init(revision: revision, percent: 100)])
    var connections: ConnectionErrands?
    if !network.isEmpty {
      let rules = NetworkRules(settings.network)
      let encryption = rules.has(.tls) ? Encryption(program: try ExecutablePath.own(), leading: ["tls-gate"], authorities: ca) : nil
      var limits = ConnectionCounts.Limits(ofTenant: Self.connections, ofFunction: Self.connections)
      // Nobody takes more than is left free, and there is nobody else.
      limits.encrypted *= 2
      connections = ConnectionErrands(TenantNetworkRules(rules), encryption, limits)
    }
    var dispatch = try options.configuration(descriptors: descriptors, connections: connections)
    // There is nobody to leave anything for.
    dispatch.tenantRunning = dispatch.running
    var configuration = NodeConfiguration(host: address.host, port: address.port, dispatch: dispatch)
    configuration.soleFunction = name
    if isatty(2) == 1 { configuration.requestLogger = lines }
    let node = Node(configuration, catalogue: FixedCatalogue([route]), logSink: FunctionLines(logger: lines), logger: logger)
    node.dispatcher.prepare(route)
    let name = name
    do {
      try await node.run(
        Router(),
        whenListening: { port in Terminal.note("serving \(name) at http://\(address.shown):\(port)/, until it is told to end") },
        whenDraining: { SecondSignal.watch(node, seconds: node.configuration.drainTime) })
    } catch let error as IOError {
      throw CommandFailure(cannotListen: listen, option: "--http", error)
    }
    output.flush()
  }
}

/// What the function writes to standard error, and how calls end otherwise than well.
private struct FunctionLines: LogSink {
  let logger: Logger

  func record(_ line: FunctionLogLine) {
    logger.info("\(line.text)", metadata: line.request.isEmpty ? [:] : ["request": "\(line.request)"])
  }
}
