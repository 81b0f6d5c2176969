import ArgumentParser
import CLinux
import FunctionDispatch
import Gateway
import Glibc
import Hummingbird
import Logging

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
  // Bytes and nanoseconds; 0 for what the image allows.
  @Option var memoryLimit: UInt64 = 0
  @Option var time: UInt64 = 0
  @Option var processorTime: UInt64 = 0
  @Option var outputLimit: UInt64 = 0

  func run() async throws {
    guard let address = ListenAddress(listen) else {
      throw ValidationError("--http: found \(listen), expected PORT or ADDRESS:PORT, as in 8080 or 127.0.0.1:8080")
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
    let folder = try Self.folder(of: image)
    defer {
      unlink("\(folder)/image")
      rmdir(folder)
    }
    let route = Route(
      tenant: "default", function: name,
      revisions: [.init(revision: Revision(measurement: measurement, imageFile: "\(folder)/image", settings: settings), percent: 100)])
    var configuration = NodeConfiguration(host: address.host, port: address.port, dispatch: try options.configuration(descriptors: descriptors))
    configuration.soleFunction = name
    if isatty(2) == 1 { configuration.requestLogger = lines }
    let node = Node(configuration, catalogue: FixedCatalogue([route]), logSink: FunctionLines(logger: lines), logger: logger)
    node.dispatcher.prepare(route)
    let name = name
    try await node.run(
      Router(),
      whenListening: { port in Terminal.note("serving \(name) at http://\(address.shown):\(port)/, until it is told to end") })
    output.flush()
  }
}

extension ServeOne {
  /// A directory of this process alone with the image in it: monitor processes are given what lies at a path.
  private static func folder(of image: Int32) throws -> String {
    var template = Array("/tmp/coffer-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CommandFailure("cannot make a directory in /tmp: \(String(cString: strerror(errno)))") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let file = open("\(folder)/image", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw CommandFailure("cannot write \(folder)/image: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    lseek(image, 0, SEEK_SET)
    while true {
      let count = sendfile(file, image, nil, 1 << 30)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure("cannot write \(folder)/image: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
    }
    close(image)
    return folder
  }
}

/// What the function writes to standard error, and how calls end otherwise than well.
private struct FunctionLines: LogSink {
  let logger: Logger

  func record(_ line: FunctionLogLine) {
    logger.info("\(line.text)", metadata: line.request.isEmpty ? [:] : ["request": "\(line.request)"])
  }
}
