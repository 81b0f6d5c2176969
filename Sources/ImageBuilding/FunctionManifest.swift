import StrictYAML
import TrustletImage

/// All of `coffer.yaml`: the image's manifest, and under `function:` how a node serves the image.
public struct FunctionManifest: Sendable, Hashable {
  /// What is measured: defaults where the file says nothing, which ``imageKeys`` tells.
  public var image: Manifest
  /// What the node does with the image, which is not measured.
  public var function: FunctionSection
  /// The keys of the image's manifest that the file has.
  public var imageKeys: [String]

  public init(yaml text: String) throws(ImageError) {
    image = Manifest()
    function = FunctionSection()
    imageKeys = []
    do {
      let members = try YAMLMember.members(
        ofText: text, named: "manifest", sizeLimit: ImageFormat.manifestSizeLimit, known: Manifest.keys + [Self.functionKey])
      var statesDirectories = false
      for member in members {
        if member.name == "host" { statesDirectories = try Manifest.Host.statesDirectories(member) }
        if member.name == Self.functionKey {
          function = try FunctionSection(member)
        } else {
          try image.set(member)
          imageKeys.append(member.name)
        }
      }
      // Whoever is given secrets is given nothing of a host's that nobody asked for.
      if !statesDirectories, !image.secrets.isEmpty || image.sealed != nil { image.host.directories = .none }
    } catch {
      throw ImageError(error.kind == .excess ? .limit : .manifest, error.message)
    }
    try image.check()
    try function.check()
  }

  static let functionKey = "function"
}
