import ArgumentParser
import FunctionStore
import Gateway
import ImageBuilding

struct Deploy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Deploys a program to a node, under a name.",
    discussion: """
      Examples:
        coffer deploy hello program.wasm
        coffer deploy hello program.wasm --manifest coffer.yaml
        coffer deploy hello program.trustlet --tenant acme
        coffer deploy hello example:hello

      The node builds a module at once, without optimisation, and then again for speed; an image goes there as it is.
      """)

  @Argument(help: "1 to 63 lower-case letters, digits and '-'.")
  var name: FunctionName

  @Argument(help: "A WebAssembly module, an image, or example:NAME.")
  var program: String

  @Option(help: ArgumentHelp("The manifest (YAML): what the image may do, and how it is served.", valueName: "file"))
  var manifest: String?

  @Option(help: "Whose the function is, for tokens of all tenants.")
  var tenant: String?

  @Flag(help: "Only where there is no such function.")
  var new = false

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let connection = try options.connection()
    if let tenant, !ObjectName.isValid(tenant) { throw CommandFailure("'\(Terminal.plain(tenant))' cannot be a tenant's name") }
    Terminal.progress("reading \(program)")
    let contents = program.hasPrefix("example:") ? try await ExampleProgram.image(program) : try InputFile.contents(of: program)
    var body = contents
    var headers: [(String, String)] = new ? [("If-None-Match", "*")] : []
    if let manifest {
      let form = try Self.form(contents, manifest)
      body = form.bytes
      headers.append(("Content-Type", form.contentType))
    } else {
      headers.append(("Content-Type", "application/octet-stream"))
    }
    Terminal.progress("deploying \(name.text)")
    let query = tenant.map { "?tenant=\($0)" } ?? ""
    let answer = try await connection.request(.PUT, name.path + query, body: body, headers: headers, seconds: 660)
    Terminal.progress(nil)
    let function = try connection.decode(FunctionAnswer.self, answer)
    guard let revision = function.revisions.first else { throw CommandFailure("\(connection.address) answered without a revision") }
    if json {
      Terminal.print(String(decoding: answer, as: UTF8.self).trimmed)
    } else {
      Terminal.print("\(revision.revision)  \(connection.address)\(function.path)")
      if revision.settings.answer == "exports" {
        Terminal.note("it has exported functions and no program: coffer invoke \(name.text) --call 'FUNCTION(ARGUMENTS)'; over HTTP, POST \(function.path)FUNCTION with JSON or WAVE")
      }
      if function.building { Terminal.note("it serves a quick build until the optimised one is ready, which is another revision") }
    }
  }

  private static func form(_ program: [UInt8], _ path: String) throws -> MultipartWriter {
    let bytes = try InputFile.contents(of: path, limit: 1 << 20)
    let manifest: FunctionManifest
    do {
      manifest = try FunctionManifest(yaml: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw CommandFailure("\(path): \(error)")
    }
    var form = MultipartWriter()
    form.add("program", program)
    form.add("manifest", bytes)
    let root = path == "-" ? "." : InputFile.directory(of: path)
    var sent: Set<String> = []
    for file in manifest.image.files.values.sorted() {
      for (name, contents) in try InputFile.tree(file, below: root) where sent.insert(name).inserted { form.add(name, contents) }
    }
    form.finish()
    return form
  }
}
