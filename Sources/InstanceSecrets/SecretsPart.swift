#if canImport(LibOS)
  import LibOS
#endif

// The two bodies of the hook `coffer_take_secrets`, which the guest's entry calls in front of a program. The image's link line names one of
// them, and what the other needs is left out: the entry cannot call them by name, or both would be in every image.

/// For images whose manifest has secrets.
/// - Returns: nil if the program may begin, otherwise why not.
@_silgen_name("coffer_take_secrets_linked")
public func takeSecretsOfManifest(_ os: LibraryOS) -> StaticString? {
  do throws(SecretFailure) {
    try os.takeSecrets()
    return nil
  } catch {
    return error.reason
  }
}

/// For all others, without any cryptography. A manifest with secrets beside it is nothing that a build makes; the program would begin without them.
@_silgen_name("coffer_take_secrets_left_out")
public func refuseSecrets(_ os: LibraryOS) -> StaticString? {
  os.awaitsSecrets ? "the manifest has secrets, and the image has no part that could take them: build the image again" : nil
}
