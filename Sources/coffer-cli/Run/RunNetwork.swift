import HostNetwork
import NetworkRules
import RunCommand
import TrustletImage

/// The network of one run: what the image's manifest permits, or what of that the user has named.
struct RunNetwork {
  let gate: HostNetwork

  /// Nil for an image without rules.
  /// - Parameter narrowed: rules of the command line; none for all of the manifest's.
  /// - Throws: where one of those permits what the manifest does not.
  init?(_ image: TrustletImage, narrowedTo narrowed: [NetworkRule], authorities: String?) throws {
    let effective = try Self.rules(of: image, narrowedTo: narrowed, authorities: authorities)
    guard !effective.isEmpty else { return nil }
    let encryption = effective.has(.tls) ? Encryption(program: try NodeProgram.path(), leading: ["tls-gate"], authorities: authorities) : nil
    gate = HostNetwork(rules: effective, socketLimit: Int(clamping: image.manifest.openFiles), encryption: encryption)
  }

  /// - Throws: as the initializer does; also where `authorities` cannot be read, or nothing would look at them.
  static func rules(of image: TrustletImage, narrowedTo narrowed: [NetworkRule], authorities: String?) throws -> NetworkRules {
    let rules = NetworkRules(image.manifest.network)
    if let rule = rules.firstNotCovered(of: narrowed) {
      let own = rules.isEmpty ? "nothing" : rules.rules.map(\.description).joined(separator: ", ")
      throw CommandFailure(
        "--net \(rule): the manifest, which is measured, permits \(own), and --net only narrows that; build the program with a manifest whose "
          + "network: has the rule")
    }
    let effective = narrowed.isEmpty ? rules : NetworkRules(narrowed)
    if let authorities {
      if let problem = Encryption.problem(withAuthorities: authorities) { throw CommandFailure("--ca \(authorities): \(problem)") }
      guard effective.has(.tls) else {
        throw CommandFailure("--ca \(authorities): no rule has tls: or https://, so nobody would look at these certificates; name one, as --net https://example.org")
      }
    }
    return effective
  }
}
