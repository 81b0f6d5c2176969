import TrustletImage

/// A part of the library OS that an image has only where its manifest asks for it.
///
/// The guest's entry, or the library OS, calls a part by hooks: symbols that nothing defines. There are two bodies for each, `HOOK_linked` and
/// `HOOK_left_out`, and the image's link line says which of them the hook is. What the other body needs is referred to by nobody, and the linker
/// leaves it out. Which parts there are follows from the measured manifest alone, so that a build of the same source has the same ones.
struct OptionalPart: Sendable {
  let name: String
  let hooks: [String]
  let isWanted: @Sendable (Manifest) -> Bool

  static let all: [OptionalPart] = [
    OptionalPart(name: "secrets", hooks: ["coffer_take_secrets"]) { !$0.releasedResources.isEmpty },
    OptionalPart(name: "sealed directory", hooks: ["coffer_open_sealed", "coffer_commit_sealed"]) { $0.sealed != nil },
  ]

  /// For the link line: each hook, and the symbol whose address it has.
  /// - Parameter leftOut: names of parts that are left out whatever the manifest says: to see that such an image refuses to run.
  static func aliases(for manifest: Manifest, leftOut: Set<String> = []) -> [(String, String)] {
    all.flatMap { part in
      let body = part.isWanted(manifest) && !leftOut.contains(part.name) ? "linked" : "left_out"
      return part.hooks.map { ($0, "\($0)_\(body)") }
    }
  }
}
