import ArgumentParser
import Coffer
import Monitor
import RunCommand
import TrustletImage

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a program as a trustlet.",
    discussion: """
      Examples:
        coffer run example:hello
        coffer run program.wasm -- --flag argument
        coffer run program.wasm --dir data::/data:rw --env MODE=fast
        coffer run service.trustlet --timeout 2s --memory 64MiB
        coffer run library.wasm --invoke 'add(2, 3)'
        coffer run client.wasm --net https://example.org --net connect:10.1.2.3:5432
        coffer run server.wasm --net listen:127.0.0.1:8080
        coffer run service.trustlet --broker https://broker.example:8090 --platform tpm
        coffer run service.trustlet --attest 00112233445566778899aabbccddeeff --platform tpm --evidence evidence.cbor
      """)

  @Argument(help: "A WebAssembly module or component, an image, or example:NAME.")
  var app: String

  @Option(
    name: .customLong("dir"),
    help: ArgumentHelp(
      "A directory of the host, and where the program finds it. Read-only unless it ends in ':rw'.",
      valueName: "host[::guest][:ro|:rw]"), transform: ArgumentForm.directory)
  var directories: [DirectoryArgument] = []

  @Option(name: .customLong("env"), help: ArgumentHelp("An environment variable.", valueName: "name=value"), transform: ArgumentForm.variable)
  var environment: [String] = []

  // Limits: the lower of the manifest's and the command line's counts.
  @Option(help: ArgumentHelp("The most linear memory it may have, as 64MiB.", valueName: "size"), transform: ArgumentForm.size)
  var memory: ByteCount?

  @Option(help: ArgumentHelp("How long it may take, as 2s or 500ms.", valueName: "time"), transform: ArgumentForm.time)
  var timeout: TimeSpan?

  @Option(
    help: ArgumentHelp("How much processor time it may take, as 2s or 500ms; waiting costs none.", valueName: "time"),
    transform: ArgumentForm.time)
  var cpuTime: TimeSpan?

  @Option(
    help: ArgumentHelp("How much it may write to standard output, standard error and files of the host together, as 1MiB.", valueName: "size"),
    transform: ArgumentForm.size)
  var outputLimit: ByteCount?

  @OptionGroup var programLimits: ProgramLimitOptions

  @Option(
    help: ArgumentHelp("Call an exported function with numbers, and print its results.", valueName: "f(args)"),
    transform: ArgumentForm.invocation)
  var invoke: Invocation?

  @Option(help: ArgumentHelp("What isolates it: kvm or process; kvm where it works.", valueName: "kind"))
  var machine: MachineChoice?

  @Option(help: ArgumentHelp("Certificates (PEM) that tls: rules trust in the place of the system's.", valueName: "file"))
  var ca: String?

  @Flag(help: "Print what the run cost, on standard error.")
  var stats = false

  @Flag(help: "Do not say that nothing here is confidential.")
  var quietPlatform = false

  @OptionGroup var attest: AttestOptions

  @OptionGroup var build: BuildOptions

  @Argument(help: ArgumentHelp("Arguments of the program; behind '--' where they begin with '-'.", valueName: "arguments"))
  var arguments: [String] = []

  func run() throws {
    try reporting {
      let application = try Application.load(app)
      let image = try build.image(of: application, memory: memory, narrowsNetwork: true)
      var options = RunOptions()
      options.arguments = [application.name] + arguments
      options.environment = environment
      options.directories = directories.map(\.directory)
      options.memory = memory
      options.time = timeout
      programLimits.apply(to: &options)
      options.cpuTime = cpuTime
      options.output = outputLimit
      if !quietPlatform { ImageRun.notePlatform() }
      let kind = machine?.kind ?? MachineChoice.best { Terminal.note($0) }
      let signer = try attest.signer()
      let evidence = try RunEvidence(attest, by: signer)
      let secrets = try brokerSecrets(of: image, machine: kind.name, by: signer)
      options.secrets = secrets
      let network = try RunNetwork(image, narrowedTo: build.network, authorities: ca)
      options.network = network?.gate
      let trustlet = try TrustletRunner.start(image, options, on: kind)
      try evidence?.write(of: image, machine: kind.name)
      trustlet.measuresProcessorTime = stats
      let outcome: Outcome
      if let invoke {
        let (function, slots) = try invoke.resolve(in: image)
        outcome = TrustletRunner.call(function, slots, of: image, trustlet)
        if case .finished(let results) = outcome, !function.type.results.isEmpty { Terminal.print(Invocation.text(results, function.type)) }
      } else {
        outcome = try TrustletRunner.runCommand(image, trustlet)
      }
      for complaint in network?.gate.complaints ?? [] { Terminal.complain(complaint) }
      if let failure = secrets?.failure { Terminal.complain("no secret was released: \(failure)") }
      let limits = RunLimits(image, options)
      for note in LimitNotes.lines(trustlet.limitsReached, limits) { Terminal.complain(note) }
      if stats { printStatistics(trustlet.statistics) }
      let ending = RunEnding(outcome, refused: trustlet.statistics.refused, limits: limits, image)
      ending.complaints.forEach(Terminal.complain)
      if ending.status != 0 { throw ExitCode(ending.status) }
    }
  }

  /// What fetches the manifest's secrets; nil where it has none.
  private func brokerSecrets(of image: TrustletImage, machine: String, by signer: RunSigner?) throws -> BrokerSecrets? {
    let names = image.manifest.orderedSecrets.map(\.name)
    guard !names.isEmpty else { return nil }
    guard let address = attest.broker, let signer else {
      throw CommandFailure("the manifest wants secrets (\(names.joined(separator: ", "))): name the broker that has them, with --broker URL")
    }
    return BrokerSecrets(of: image, machine: machine, from: address, tenant: attest.brokerTenant, pin: attest.brokerPin, by: signer)
  }

  private func printStatistics(_ statistics: TrustletStatistics) {
    let milliseconds = { (time: UInt64) in Double(time / 1000) / 1000 }
    Terminal.note(
      "\(milliseconds(statistics.wallTime)) ms in the trustlet, \(milliseconds(statistics.processorTime ?? 0)) ms of processor time; "
        + "\(statistics.edgeCalls.total) edge calls, \(statistics.machine.exits) exits; "
        + "\(ByteCount(bytes: statistics.linearMemory)) of linear memory; read \(ByteCount(bytes: statistics.edgeCalls.bytesRead)), "
        + "wrote \(ByteCount(bytes: statistics.edgeCalls.bytesWritten))")
  }
}

extension MachineChoice: ExpressibleByArgument {}
