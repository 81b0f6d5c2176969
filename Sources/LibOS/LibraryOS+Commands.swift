#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// Commands after the first, and what a clone of a template is told with the first of its own.
extension LibraryOS {
  /// Says how a command went and takes the next one.
  ///
  /// From here on this may be a clone, whatever the host says of it: nothing random that was drawn before is ever used again.
  /// - Parameters:
  ///   - status: a ``CommandStatus``.
  ///   - results: of the command just finished, in slots.
  public func nextCommand(status: UInt64, results: MemoryRegion) throws(StartFailure) -> HostCommand {
    let answer: EdgeClient.Answer
    do throws(SystemError) {
      try edge.payload.copy(from: results)
      answer = try edge.call(
        .nextCommand, status, results.count / Command.slotSize, edge.used, limitsReached, length: results.count)
    } catch {
      throw .malformedCommand
    }
    random.forget()
    if answer.third == NextCommand.isClone { try becomeClone(generation: answer.first, hostTime: answer.second) }
    let bytes = answer.third == NextCommand.isClone ? settings.command : (try? edge.payload.bytes(0, answer.length))
    guard let bytes, let command = HostCommand(bytes) else { throw .malformedCommand }
    return command
  }

  /// Takes the settings that stand in the payload in the place of the template's.
  private func becomeClone(generation: UInt64, hostTime: UInt64) throws(StartFailure) {
    // What has taken its secrets is no template.
    guard awaitsSecrets || settings.secrets.isEmpty else { throw .malformedCommand }
    settings = try ProgramSettings(payload: edge.payload, manifest: manifest)
    awaitsSecrets = !settings.secrets.isEmpty
    cloneGeneration = generation
    clock.restart(frequency: settings.counterFrequency, hostTime: hostTime)
    streams.begin(settings)
    descriptors.setLimit(settings.openFiles)
    scratch?.blocks.setLimit(bytes: settings.scratchSize)
    try offerDirectories()
  }
}
