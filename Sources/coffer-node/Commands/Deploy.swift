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

      The node builds a module at once, without optimisation, and then again for speed; an image goes there as it is. Ctrl-C ends the \
      waiting: what has been sent whole is deployed.
      """)

  @Argument(help: "1 to 63 lower-case letters, digits and '-'.", transform: FunctionName.parse)
  var name: FunctionName

  @Argument(help: "A WebAssembly module or component, an image, or example:NAME.", completion: .file())
  var program: String

  @Option(help: ArgumentHelp("The manifest (YAML): what the image may do, and how it is served.", valueName: "file"), completion: .file())
  var manifest: String?

  @Option(help: ArgumentHelp("Whose the function is, for tokens of all tenants.", valueName: "name"), transform: TenantName.parse)
  var tenant: TenantName?

  @Flag(help: "Only where there is no such function.")
  var new = false

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let connection = try options.connection()
    Terminal.progress("reading \(program)")
    let manifestText = try manifest.map { try InputFile.contents(of: $0, limit: 1 << 20) }
    let settings = try manifestText.map { try Self.settings($0, manifest ?? "") }
    // An image carries its own manifest: with more of one an example goes as a module, which the node builds.
    let isForImage = settings?.imageKeys.isEmpty ?? true
    let contents =
      !program.hasPrefix("example:") ? try InputFile.contents(of: program)
      : isForImage ? try await ExampleProgram.image(program) : try ExampleProgram.module(program)
    var body = contents
    var headers: [(String, String)] = new ? [("If-None-Match", "*")] : []
    if let manifest, let manifestText, let settings {
      let form = try Self.form(contents, manifestText, settings, root: manifest == "-" ? "." : InputFile.directory(of: manifest))
      body = form.bytes
      headers.append(("Content-Type", form.contentType))
    } else {
      headers.append(("Content-Type", "application/octet-stream"))
    }
    Terminal.progress("deploying \(name.text)")
    let query = tenant.map { "?tenant=\($0.text)" } ?? ""
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

  private static func settings(_ text: [UInt8], _ path: String) throws -> FunctionManifest {
    do {
      return try FunctionManifest(yaml: String(decoding: text, as: UTF8.self))
    } catch {
      throw CommandFailure("\(path): \(error)")
    }
  }

  private static func form(_ program: [UInt8], _ text: [UInt8], _ manifest: FunctionManifest, root: String) throws -> MultipartWriter {
    var form = MultipartWriter()
    form.add("program", program)
    form.add("manifest", text)
    var sent: Set<String> = []
    for file in manifest.image.files.values.sorted() {
      for (name, contents) in try InputFile.tree(file, below: root) where sent.insert(name).inserted { form.add(name, contents) }
    }
    form.finish()
    return form
  }
}
