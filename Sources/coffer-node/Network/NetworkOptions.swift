import ArgumentParser
import FunctionDispatch
import Glibc
import HostNetwork
import NetworkRules
import ProgramFiles

/// What a node's operator lets functions do with the network.
struct NetworkOptions: ParsableArguments {
  @Option(
    name: .customLong("net"),
    help: ArgumentHelp(
      "What functions may connect to, as far as their manifests permit it too: connect:HOST:PORT, tls:NAME:PORT or https://NAME; 'TENANT=RULE' is for one tenant alone. May be repeated. "
        + "'*' is any name and public address, but none of this machine's; what is not public is named by address. Nothing unless it is named.",
      valueName: "rule"))
  var network: [String] = []

  @Option(help: ArgumentHelp("Certificates (PEM) that tls: rules trust in the place of the system's.", valueName: "file"), completion: .file())
  var ca: String?

  @Option(help: ArgumentHelp("Connections that one tenant's functions may have at once; 256 by default.", valueName: "count"), transform: ArgumentForm.count)
  var tenantConnections = 256

  @Option(help: ArgumentHelp("Connections that one function may have at once; 64 by default.", valueName: "count"), transform: ArgumentForm.count)
  var functionConnections = 64

  /// - Throws: `ValidationError`.
  func rules() throws -> TenantNetworkRules {
    do throws(NetworkRuleError) {
      return try TenantNetworkRules(network)
    } catch {
      throw ValidationError("--net \(error)")
    }
  }

  /// Nil where nothing was named.
  func connections() throws -> ConnectionErrands? {
    let rules = try rules()
    for (name, value) in [("--tenant-connections", tenantConnections), ("--function-connections", functionConnections)] where !(1...100_000).contains(value) {
      throw ValidationError("\(name): found \(value), expected 1 to 100000")
    }
    if let ca {
      if let problem = Encryption.problem(withAuthorities: ca) { throw ValidationError("--ca \(ca): \(problem)") }
      guard rules.hasEncrypted else { throw ValidationError("--ca \(ca): no --net has tls: or https://, so nobody would look at these certificates") }
    }
    guard !rules.isEmpty else { return nil }
    let encryption = rules.hasEncrypted ? Encryption(program: try ExecutablePath.own(), leading: ["tls-gate"], authorities: ca) : nil
    return ConnectionErrands(rules, encryption, .init(ofTenant: tenantConnections, ofFunction: functionConnections))
  }
}
