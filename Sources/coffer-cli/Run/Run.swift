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
        coffer run component.wasm --invoke 'greet("world", {times: 2})'
        coffer run component.wasm --invoke 'wasi:cli/run@0.2.0#run()' --json
        coffer run --http 127.0.0.1:8080 component.wasm
        coffer run service.trustlet --broker https://broker.example:8090 \\
          --platform tpm
        coffer run ledger.trustlet --volume ledger.volume \\
          --broker https://broker.example:8090
        coffer run service.trustlet --attest 00112233445566778899aabbccddeeff \\
          --platform tpm --evidence evidence.cbor

      --invoke calls any exported function. Of a component its arguments, and the result on standard output, are values in WAVE: numbers, \
      true, nan, 'c', "text", [1, 2], (1, "two"), {field: 1, other: 2}, case(1), some(1) or 1, none, ok(1), err("why"), {flag, other}; \
      'coffer inspect' shows the functions with their types. Of a module they are numbers.
      """)

  @Argument(help: "A WebAssembly module or component, an image, or example:NAME.", completion: .file())
  var app: String

  @Option(
    name: .customLong("dir"),
    help: ArgumentHelp(
      "A directory of the host, and where the program finds it. Read-only unless it ends in ':rw'.",
      valueName: "host[::guest][:ro|:rw]"), completion: .directory, transform: ArgumentForm.directory)
  var directories: [DirectoryArgument] = []

  @Option(name: .customLong("env"), help: ArgumentHelp("An environment variable.", valueName: "name=value"), transform: ArgumentForm.variable)
  var environment: [String] = []

  @Option(
    help: ArgumentHelp("The file in which the sealed directory of the manifest lies; made where it is not there.", valueName: "file"), completion: .file(),
    transform: ArgumentForm.path)
  var volume: String?

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
    help: ArgumentHelp("Call an exported function, and print its result.", valueName: "f(args)"),
    transform: ArgumentForm.invocation)
  var invoke: Invocation?

  @Flag(help: "Print the result of --invoke as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Serve it over HTTP until a signal comes, a fresh instance for each request: a component that exports wasi:http/incoming-handler, a program that speaks CGI, or exported functions (POST /NAME).",
      valueName: "[address:]port"))
  var http: String?

  @Option(help: ArgumentHelp("What isolates it: kvm or process; kvm where it works.", valueName: "kind"))
  var machine: MachineChoice?

  @Option(help: ArgumentHelp("Certificates (PEM) that tls: rules trust in the place of the system's.", valueName: "file"), completion: .file())
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
      guard invoke != nil || !json else { throw CommandFailure("--json is for --invoke: what a program prints is its own") }
      guard http == nil || invoke == nil else { throw CommandFailure("--http serves calls, and has no --invoke; leave that out") }
      let application = try Application.load(app)
      let call = try invoke.flatMap { try ComponentRun($0, of: application) }
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
      if !quietPlatform, let platform = attest.platform.unconfidential { ImageRun.notePlatform(platform) }
      let kind = machine?.kind ?? MachineChoice.best { Terminal.note($0) }
      if let http { try serve(image, at: http, named: application.name, options, on: kind.name) }
      if image.answersHTTP {
        throw CommandFailure("\(app) answers HTTP requests and is no command: serve it, as with coffer run --http 127.0.0.1:8080 \(app)")
      }
      let signer = try attest.signer(wantsSecrets: !image.manifest.releasedResources.isEmpty, isQuiet: quietPlatform)
      let evidence = try RunEvidence(attest, of: app, by: signer)
      let secrets = try brokerSecrets(of: image, machine: kind.name, by: signer)
      options.secrets = secrets
      let network = try RunNetwork(image, narrowedTo: build.network, authorities: ca)
      options.network = network?.gate
      let file = try VolumeFile.needed(by: image, at: volume)
      options.volume = file?.volume(counter: secrets)
      defer { file?.close() }
      file?.note(image)
      let trustlet = try TrustletRunner.start(image, options, on: kind)
      try evidence?.write(of: image, machine: kind.name)
      trustlet.measuresProcessorTime = stats
      let outcome: Outcome
      if let call {
        outcome = try call.perform(in: image, on: trustlet) { Terminal.print(json ? $0.json : $0.wave) }
      } else if let invoke {
        let (function, slots) = try invoke.resolve(in: image)
        outcome = TrustletRunner.call(function, slots, of: image, trustlet)
        if case .finished(let results) = outcome, json || !function.type.results.isEmpty {
          Terminal.print(json ? Invocation.json(results, function.type) : Invocation.text(results, function.type))
        }
      } else {
        outcome = try TrustletRunner.runCommand(image, trustlet)
      }
      for complaint in network?.gate.complaints ?? [] { Terminal.complain(complaint) }
      if let failure = secrets?.failure { Terminal.complain(failure) }
      let limits = RunLimits(image, options)
      for note in LimitNotes.lines(trustlet.limitsReached, limits) { Terminal.complain(note) }
      if stats { printStatistics(trustlet.statistics) }
      let ending = RunEnding(outcome, refused: trustlet.statistics.refused, limits: limits, image)
      ending.complaints.forEach(Terminal.complain)
      if ending.status != 0 { throw ExitCode(ending.status) }
    }
  }

  private func serve(_ image: TrustletImage, at address: String, named name: String, _ options: RunOptions, on machine: String) throws -> Never {
    let others: [(String, Bool)] = [
      ("--dir", !directories.isEmpty), ("--invoke", invoke != nil), ("--stats", stats), ("--attest", attest.nonce != nil),
      ("--broker", attest.broker != nil), ("--volume", volume != nil), ("--scratch-limit", programLimits.scratchLimit != nil), ("--open-files", programLimits.openFiles != nil),
      ("arguments of the program", !arguments.isEmpty),
    ]
    if let (option, _) = others.first(where: { $0.1 }) { throw CommandFailure("--http serves calls, and has no \(option); leave that out") }
    guard image.manifest.releasedResources.isEmpty else {
      throw CommandFailure("--http has no secrets and no sealed directory for the manifest's; leave --http out, or these")
    }
    let network = try RunNetwork.rules(of: image, narrowedTo: build.network, authorities: ca)
    for rule in network.rules where rule.kind != .connect && rule.kind != .tls {
      Terminal.note("\(rule) has no effect here: what --http serves makes outgoing connections, and has no other network")
    }
    try RunHTTP(
      image: image, name: name, listen: RunHTTP.address(address), machine: machine, options: options, network: network, authorities: ca
    ).become()
  }

  /// What fetches the manifest's secrets; nil where it has none.
  private func brokerSecrets(of image: TrustletImage, machine: String, by signer: RunSigner?) throws -> BrokerSecrets? {
    let names = image.manifest.releasedResources.map(\.name)
    guard !names.isEmpty else { return nil }
    guard let address = try attest.namedBroker(), let signer else {
      throw CommandFailure("the manifest wants secrets (\(names.joined(separator: ", "))): name the broker that has them, with --broker URL or COFFER_BROKER")
    }
    if let note = image.manifest.noteOnSecrets { Terminal.note(note) }
    let tenant = attest.brokerTenant ?? image.manifest.broker.flatMap { $0.tenant == Manifest.Broker.standardTenant ? nil : $0.tenant }
    return BrokerSecrets(of: image, machine: machine, from: address, tenant: tenant, pin: attest.brokerPin, by: signer)
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

extension Manifest {
  /// What is not promised of secrets whose author the manifest does not name; nil where there are none.
  var noteOnSecrets: String? {
    guard !releasedResources.isEmpty, broker == nil else { return nil }
    return "the manifest names no broker, so the program cannot know who wrote its secrets: whoever carries them can exchange two, or give it others. Add the line 'broker: {key: ...}' that coffer broker serve prints"
  }
}

extension MachineChoice: ExpressibleByArgument {}
