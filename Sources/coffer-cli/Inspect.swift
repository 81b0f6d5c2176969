import ArgumentParser
import Coffer
import TrustletImage
import WasmFormat

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what an image is made of and what it may do.",
    discussion: """
      Examples:
        coffer inspect service.trustlet
        coffer inspect service.trustlet --json
      """)

  @Argument(help: "An image; or a WebAssembly module or example:NAME, to see what it would become.")
  var app: String

  @OptionGroup var build: BuildOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(app))
      Terminal.print(json ? Self.object(image).description : Self.text(image))
    }
  }

  private static func text(_ image: TrustletImage) -> String {
    var lines = [
      "measurement   \(image.measurement)",
      "architecture  \(image.architecture) (\(image.manifest.cpu ?? "no baseline recorded"))",
      "machines      \(image.machinePages.map(\.machine).joined(separator: ", "))",
      "made by       \(image.manifest.generator); \(image.manifest.compiler)",
      "may           \(allowances(image.manifest).joined(separator: "; "))",
      "regions",
    ]
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
    return lines.joined(separator: "\n")
  }

  private static func allowances(_ manifest: Manifest) -> [String] {
    var list = ["memory \(manifest.memory)", "stack \(manifest.stack)"]
    if let time = manifest.time { list.append("time \(time)") }
    if let time = manifest.cpuTime { list.append("cpu-time \(time)") }
    if let output = manifest.output { list.append("output \(output)") }
    list.append("host directories: \(manifest.host.directories.rawValue)")
    list.append("host environment: \(manifest.host.environment ? "yes" : "no")")
    list.append("host arguments: \(manifest.host.arguments ? "yes" : "no")")
    list.append("network: none")
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

  private static func object(_ image: TrustletImage) -> JSON {
    .object([
      ("measurement", .string(image.measurement.description)),
      ("architecture", .string(image.architecture)),
      ("machines", .array(image.machinePages.map { .string($0.machine) })),
      ("manifest", .string(String(decoding: image.manifest.canonicalEncoding, as: UTF8.self))),
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
    ])
  }
}
