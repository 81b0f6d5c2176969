import EdgeCalls

extension Manifest {
  /// What the library OS needs of it, as ``GuestManifest`` has it; the variables are sorted by the bytes of their names.
  public func guestManifest() throws(ImageError) -> [UInt8] {
    var writer = ByteWriter()
    writer.uint32(GuestManifest.magic)
    writer.uint32(guestFlags)
    writer.uint32(UInt32(truncatingIfNeeded: environment.count))
    for (name, value) in environment.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      writer.counted("\(name)=\(value)".utf8)
    }
    writer.uint32(UInt32(truncatingIfNeeded: arguments.count))
    for argument in arguments { writer.counted(argument.utf8) }
    writer.uint64(scratch?.size.bytes ?? 0)
    writer.uint32(UInt32(truncatingIfNeeded: openFiles))
    writer.counted((scratch?.path ?? "").utf8)
    if !releasedResources.isEmpty {
      writer.uint32(UInt32(truncatingIfNeeded: releasedResources.count))
      for secret in orderedSecrets { writer.counted(secret.name.utf8) }
      if let sealed { writer.counted(sealed.guestName) }
    }
    if let broker { writer.counted(try author(broker)) }
    guard writer.bytes.count <= Int(MemoryMap.guestManifestSizeLimit) else {
      throw ImageError(
        .guestManifest,
        "arguments, environment and secrets' names take \(writer.bytes.count) bytes, more than \(MemoryMap.guestManifestSizeLimit)")
    }
    return writer.bytes
  }

  private func author(_ broker: Broker) throws(ImageError) -> [UInt8] {
    guard let key = broker.keyBytes else { throw ImageError(.guestManifest, "broker: the key is not 64 bytes in hexadecimal digits") }
    var writer = ByteWriter()
    writer.append(key)
    writer.counted(broker.tenant.utf8)
    for secret in releasedResources { writer.counted(secret.resource.utf8) }
    return writer.bytes
  }

  private var guestFlags: UInt32 {
    var flags: UInt32 = 0
    if host.directories != .none { flags |= GuestManifest.hostDirectoriesRead }
    if host.directories == .write { flags |= GuestManifest.hostDirectoriesWrite }
    if host.environment { flags |= GuestManifest.hostEnvironment }
    if host.arguments { flags |= GuestManifest.hostArguments }
    if !releasedResources.isEmpty { flags |= GuestManifest.secrets }
    if broker != nil { flags |= GuestManifest.author }
    return flags
  }
}
