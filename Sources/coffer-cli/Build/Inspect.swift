import ArgumentParser
import Coffer
import JSONText
import TrustletImage
import WasmFormat

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what an image is made of and what it may do; or what a piece of evidence says.",
    discussion: """
      Examples:
        coffer inspect service.trustlet
        coffer inspect service.trustlet --json
        coffer inspect service.trustlet --template
        coffer inspect component.wasm
        coffer inspect report.bin

      Of a component, what it imports and exports is shown too, in WIT.

      Evidence is any format that 'coffer verify' judges. Here it is shown, every field with its meaning, and not judged.
      """)

  @OptionGroup var options: ImageOptions

  @Flag(help: "Also start it, and say whether clones can begin behind its initialisation, or what stops that.")
  var template = false

  @Option(help: ArgumentHelp("What --template starts it on: kvm or process; kvm where it works.", valueName: "kind"))
  var machine: MachineChoice?

  func run() throws {
    try reporting {
      // Standard input can be read only once, and holds no image.
      if options.app == "-" {
        guard let evidence = try EvidenceInspection(path: "-") else {
          throw CommandFailure("standard input is no evidence that Coffer knows")
        }
        return show(evidence)
      }
      let (image, world): (TrustletImage, String?)
      do {
        let application = try Application.load(options.app)
        world = try application.worldText()
        do { image = try options.build.image(of: application) } catch {
          // What a component imports is wanted most where nothing offers it.
          if let world, !options.json { Terminal.print(world) }
          throw error
        }
      } catch let error as ApplicationError {
        guard case .unknownFormat(let path, let found) = error else { throw error }
        guard let evidence = try EvidenceInspection(path: options.app) else {
          let start = found.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
          throw CommandFailure(
            "\(path) is no trustlet image, no WebAssembly module or component and no evidence in a format that coffer verify judges, or it is cut short: it begins with "
              + (start.isEmpty ? "nothing" : start))
        }
        return show(evidence)
      }
      var obstacles: [String]?
      if template {
        let kind = machine?.kind ?? MachineChoice.best { Terminal.note($0) }
        obstacles = try ApplicationTemplate(image, on: kind).obstacles
      }
      Terminal.print(options.json ? Self.object(image, obstacles, world).description : Self.text(image, obstacles, world))
    }
  }

  private func show(_ evidence: EvidenceInspection) { Terminal.print(options.json ? evidence.json.description : evidence.text) }

  private static func text(_ image: TrustletImage, _ obstacles: [String]?, _ world: String?) -> String {
    var lines = [
      "measurement   \(image.measurement)",
      "architecture  \(image.architecture) (\(image.manifest.cpu ?? "no baseline recorded"))",
      "machines      \(image.machinePages.map(\.machine).joined(separator: ", "))",
      "made by       \(image.manifest.generator); \(image.manifest.compiler)",
      "may           \(allowances(image.manifest).joined(separator: "; "))",
      "snapshot      \(image.manifest.snapshot.rawValue)",
    ]
    if let obstacles {
      lines.append("template      " + (obstacles.isEmpty ? "clones begin behind the initialisation" : "each clone initialises itself"))
      lines += obstacles.map { "              " + $0 }
    }
    lines.append("regions")
    for region in image.regions {
      var line = "  0x\(padded(region.address))  \(region.rights)  \(region.kind)  \(ByteCount(bytes: region.size))"
      if region.sizeLimit > region.size { line += ", up to \(ByteCount(bytes: region.sizeLimit))" }
      lines.append(line)
    }
    if !image.exports.isEmpty { lines.append("exports") }
    for export in image.exports { lines.append("  \(quoted(export.name)): \(signature(export))") }
    let files = image.files.filter { !$0.isDirectory }
    if !files.isEmpty { lines.append("files") }
    for file in files { lines.append("  \(quoted("/" + file.path))  \(ByteCount(bytes: file.size))") }
    if let world { lines += ["world"] + world.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" } }
    return lines.joined(separator: "\n")
  }

  private static func allowances(_ manifest: Manifest) -> [String] {
    var list = ["memory \(manifest.memory)", "stack \(manifest.stack)", "open-files \(manifest.openFiles)"]
    if let scratch = manifest.scratch { list.append("scratch \(scratch.size) at \(quoted(scratch.path))") }
    if let sealed = manifest.sealed { list.append("sealed \(sealed.description)") }
    if let time = manifest.time { list.append("time \(time)") }
    if let time = manifest.cpuTime { list.append("cpu-time \(time)") }
    if let output = manifest.output { list.append("output \(output)") }
    if !manifest.arguments.isEmpty { list.append("arguments: \(manifest.arguments.map { quoted($0) }.joined(separator: " "))") }
    if !manifest.environment.isEmpty {
      list.append("environment: \(manifest.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted($0.value))" }.joined(separator: " "))")
    }
    if !manifest.secrets.isEmpty { list.append("secrets: \(manifest.secrets.sorted { $0.key < $1.key }.map { "\($0.key) from \($0.value)" }.joined(separator: ", "))") }
    if let broker = manifest.broker { list.append("broker: \(broker.key)\(broker.tenant == Manifest.Broker.standardTenant ? "" : ", tenant \(broker.tenant)")") }
    list.append("host directories: \(manifest.host.directories.rawValue)")
    list.append("host environment: \(manifest.host.environment ? "yes" : "no")")
    list.append("host arguments: \(manifest.host.arguments ? "yes" : "no")")
    list.append("network: \(manifest.network.isEmpty ? "none" : manifest.network.map(\.description).joined(separator: ", "))")
    return list
  }

  private static func signature(_ export: ImageExport) -> String {
    guard export.kind == .global else { return export.type.description }
    return export.type.results.map { "\($0)" }.joined()
  }

  private static func padded(_ address: UInt64) -> String {
    let digits = String(address, radix: 16)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }

  private static func object(_ image: TrustletImage, _ obstacles: [String]?, _ world: String?) -> JSON {
    var members: [(String, JSON)] = [
      ("measurement", .string(image.measurement.description)),
      ("architecture", .string(image.architecture)),
      ("machines", .array(image.machinePages.map { .string($0.machine) })),
      ("manifest", .encoded(image.manifest.canonicalEncoding)),
      ("entry", .number(image.entry)),
      (
        "regions",
        .array(
          image.regions.map { region in
            .object([
              ("kind", .string("\(region.kind)")), ("address", .number(region.address)), ("size", .number(region.size)),
              ("sizeLimit", .number(region.sizeLimit)), ("rights", .string("\(region.rights)")),
            ])
          })
      ),
      (
        "exports",
        .array(image.exports.map { .object([("name", .string($0.name)), ("type", .string(signature($0)))]) })
      ),
      (
        "files",
        .array(image.files.filter { !$0.isDirectory }.map { .object([("path", .string($0.path)), ("size", .number($0.size))]) })
      ),
    ]
    if let obstacles {
      members.append(
        ("template", .object([("initialised", .boolean(obstacles.isEmpty)), ("obstacles", .array(obstacles.map { .string($0) }))])))
    }
    if let world { members.append(("world", .string(world))) }
    return .object(members)
  }
}
