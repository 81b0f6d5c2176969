import FunctionStore
import HTTPTypes
import Hummingbird
import JSONText
import NIOCore
import NetworkRules
import TrustletImage

/// The management interface of a node, under `/v1`: ``addRoutes(to:)`` on a router whose middleware has found out who calls.
///
/// What the node shows of itself (statistics, events, logs) is served beside it, and described here by what ``NodeView/described`` gives.
public struct Management<Context: CallerContext>: Sendable {
  /// What it cannot know itself.
  public struct Facts: Sendable {
    public var version: String
    /// "kvm" or "process"; empty as long as nobody knows.
    public var machine: @Sendable () -> String
    /// As policies name it, and whether it hides anything from the machine's owner: the node's own word, which evidence proves or does not.
    public var platform: @Sendable () -> (name: String, isConfidential: Bool)
    /// Bytes of a program with its files.
    public var uploadLimit: Int
    /// A broker releases what manifests name as secrets.
    public var hasBroker: Bool
    /// What its operator lets functions connect to.
    public var network = TenantNetworkRules()

    public init(
      version: String, machine: @escaping @Sendable () -> String = { "" },
      platform: @escaping @Sendable () -> (name: String, isConfidential: Bool) = { ("none", false) }, uploadLimit: Int = 64 << 20, hasBroker: Bool = true
    ) {
      (self.version, self.machine, self.platform, self.uploadLimit) = (version, machine, platform, uploadLimit)
      self.hasBroker = hasBroker
    }

    /// Each call of such a function would fail.
    func checkSecrets(_ manifest: Manifest) throws(Refusal) {
      guard !hasBroker, !manifest.secrets.isEmpty else { return }
      throw Refusal(
        .unprocessableContent,
        "the manifest wants secrets (\(manifest.secrets.keys.sorted().prefix(10).map { PrintableText.quoted($0) }.joined(separator: ", "))), and this node has no broker that releases any: "
          + "start it with coffer serve --platform NAME --broker URL, or take 'secrets' out of the manifest")
    }

    /// What the image may do and the node would not carry out is said at once, not at the first call.
    func checkNetwork(_ manifest: Manifest, _ tenant: String) throws(Refusal) {
      if let rule = manifest.network.first(where: { !$0.isConnecting }) {
        throw Refusal(
          .unprocessableContent,
          "network: found \(PrintableText.quoted("\(rule)")), and a node's functions only connect (connect: and tls:): take it out, or run the program with coffer run")
      }
      let allowed = network.rules(of: tenant)
      guard let rule = allowed.firstNotCovered(of: manifest.network) else { return }
      let known = allowed.isEmpty ? "nothing" : allowed.rules.prefix(20).map(\.description).joined(separator: ", ")
      throw Refusal(
        .unprocessableContent,
        "network: found \(PrintableText.quoted("\(rule)")), and this node's operator lets functions of the tenant '\(tenant)' connect to \(known): "
          + "ask for it (coffer serve --net \(rule)), or take it out of the manifest")
    }
  }

  let store: FunctionStore
  let builder: FunctionBuilder
  let builds: BuildQueue
  let facts: Facts
  let uploads = Uploads()
  let places = BuildPlaces(System.coreCount)
  private let others: [Operation<Context>]

  /// - Parameter others: operations beside its own, served here where they have a handler.
  public init(store: FunctionStore, builder: FunctionBuilder, builds: BuildQueue, facts: Facts, others: [Operation<Context>] = []) {
    self.store = store
    self.builder = builder
    self.builds = builds
    self.facts = facts
    self.others = others
  }

  public var operations: [Operation<Context>] { [nodeOperation] + functionOperations + accessOperations + others }

  public func addRoutes(to router: some RouterMethods<Context>) {
    let operations = operations
    let document = OpenAPIDocument.json(operations + [Self.documentOperation(nil)])
    for operation in operations + [Self.documentOperation(document)] {
      guard let handler = operation.handler else { continue }
      router.on(RouterPath(stringLiteral: operation.path), method: operation.method) { request, context in
        let caller = if let role = operation.role { try context.caller(atLeast: role) } else { context.caller }
        return try await handler(request, context, caller)
      }
    }
    addRefusals(to: router, operations + [Self.documentOperation(document)])
  }

  /// A path that is there, by a method that is not.
  private func addRefusals(to router: some RouterMethods<Context>, _ operations: [Operation<Context>]) {
    // What is served elsewhere refuses by itself.
    for path in Set(operations.map(\.path)) where path.hasPrefix("/v1/") {
      var allowed = operations.filter { $0.path == path }.map(\.method)
      // The router answers it wherever it answers GET.
      if allowed.contains(.get) { allowed.append(.head) }
      let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
      for method in Self.methods where !allowed.contains(method) {
        router.on(RouterPath(stringLiteral: path), method: method) { request, _ in
          Refusal(.methodNotAllowed, "\(method) cannot be asked of \(request.uri.path); \(list) can", headers: [.allow: list]).response
        }
      }
    }
  }

  private static var methods: [HTTPRequest.Method] { [.get, .put, .post, .delete, .patch, .options, .trace] }

  private static func documentOperation(_ document: JSON?) -> Operation<Context> {
    Operation(
      "getDescription", .get, "/v1/openapi.json", "This description.", role: nil,
      answers: [.init(200, "An OpenAPI 3.1 document.", .init("application/json", ["type": "object"]))],
      handler: document.map { document in { @Sendable _, _, _ in .json(document) } })
  }

  private var nodeOperation: Operation<Context> {
    Operation(
      "getNode", .get, "/v1/node", "What the node is, and who asks.", role: .read,
      answers: [.init(200, "The node.", .init("application/json", OpenAPISchemas.reference("Node")))]
    ) { request, _, caller in
      _ = try RequestReading.query(request)
      return .json([
        "version": .string(facts.version), "platform": .string(facts.platform().name), "confidential": .boolean(facts.platform().isConfidential), "machine": .string(facts.machine()),
        "functions": .number(Int64(caller?.tenant == nil ? store.functionCount : store.functions(of: caller?.tenant).count)),
        "tenant": .optional(caller?.tenant), "role": .optional(caller?.role.rawValue),
      ])
    }
  }
}
