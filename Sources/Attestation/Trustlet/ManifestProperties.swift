import Foundation

/// What a manifest lets a trustlet have of the host.
public struct ManifestProperties: Sendable, Equatable {
  /// Rules of connections; empty for none.
  public var network: [String]
  /// `none`, `read` or `write`.
  public var hostDirectories: String
  public var hostArguments: Bool
  public var hostEnvironment: Bool

  public init(network: [String], hostDirectories: String, hostArguments: Bool, hostEnvironment: Bool) {
    (self.network, self.hostDirectories) = (network, hostDirectories)
    (self.hostArguments, self.hostEnvironment) = (hostArguments, hostEnvironment)
  }

  /// The manifest as an image carries it: canonical JSON.
  package init(canonicalJSON bytes: [UInt8]) throws(MalformedEvidence) {
    struct Members: Decodable {
      struct Host: Decodable {
        var directories: String
        var arguments: Bool
        var environment: Bool
      }
      var host: Host
      /// Left out by manifests that allow no network.
      var network: [String]?
    }
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("manifest", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    // As strict as images: nothing twice, so that no two readers see two manifests.
    _ = try JSONScanner.members(of: bytes[...], "manifest")
    do {
      let members = try JSONDecoder().decode(Members.self, from: Data(bytes))
      self.init(
        network: members.network ?? [], hostDirectories: members.host.directories, hostArguments: members.host.arguments,
        hostEnvironment: members.host.environment)
    } catch {
      throw MalformedEvidence(
        "manifest", found: "JSON without what it must state", wanted: "host, with directories, arguments and environment")
    }
  }

  /// As images bound it.
  private static let maximumSize = 1024 * 1024
}
