import GuestRuntime

/// The trustlet's library OS. Made once, on its only processor, before anything can call.
nonisolated(unsafe) private var current: LibraryOS?

func libraryOS() -> LibraryOS {
  guard let current else { coffer_halt() }
  return current
}

private func region(_ address: UInt64, _ size: UInt64) -> MemoryRegion {
  guard let base = UnsafeMutableRawPointer(bitPattern: UInt(address)) else { coffer_halt() }
  return MemoryRegion(base: base, count: size)
}

private func edgeClient() -> EdgeClient {
  guard let window = UnsafeMutableRawPointer(bitPattern: UInt(MemoryMap.edgeWindow)) else { coffer_halt() }
  let doorbell = EdgeTransport.Doorbell(post: { coffer_doorbell_post() }, wait: { coffer_doorbell_wait($0) })
  return EdgeClient(transport: EdgeTransport(window: window, exchange: { coffer_edge_wait() }, doorbell: doorbell))
}

@c(libos_start)
public func startLibraryOS(_ manifestSize: UInt64, _ fileTreeSize: UInt64) {
  let edge = edgeClient()
  do throws(StartFailure) {
    current = try LibraryOS(
      edge: edge, manifest: region(MemoryMap.guestManifest, manifestSize),
      files: fileTreeSize == 0 ? nil : region(MemoryMap.fileTree, fileTreeSize),
      scratch: {
        coffer_heap_extend()
        return region(MemoryMap.scratch, $0)
      }, counter: { coffer_counter() },
      entropy: {
        var word: UInt64 = 0
        return coffer_hardware_random(&word) ? word : nil
      })
  } catch {
    refuse(edge, error.reason)
  }
}

// MARK: Commands

private func deliver(
  _ command: HostCommand, _ os: LibraryOS, _ target: UnsafeMutablePointer<UInt32>, _ slots: UnsafeMutableRawPointer
) {
  if command.kind == .call || command.kind == .start, let reason = takeSecrets(os) ?? openSealed(os) { refuse(os.edge, reason) }
  target[0] = command.kind.rawValue
  target[1] = command.operand
  target[2] = command.slotCount
  target[3] = 0
  // Nothing may be called with the arguments of the call before.
  do throws(SystemError) {
    try MemoryRegion(base: slots, count: UInt64(Command.slotLimit) * Command.slotSize).copy(from: command.slots)
  } catch {
    malformedCommand(os)
  }
}

// The hooks of optional parts, whose bodies the image's link line chooses by its manifest (`OptionalPart` in the room Coffer).
@_silgen_name("coffer_take_secrets") private func takeSecrets(_ os: LibraryOS) -> StaticString?
@_silgen_name("coffer_open_sealed") private func openSealed(_ os: LibraryOS) -> StaticString?
@_silgen_name("coffer_commit_sealed") private func commitSealed(_ os: LibraryOS) -> StaticString?

private func refuse(_ edge: EdgeClient, _ reason: StaticString) -> Never {
  edge.abort(reason: reason)
  coffer_halt()
}

@c(libos_first_command)
public func firstCommand(_ target: UnsafeMutablePointer<UInt32>, _ slots: UnsafeMutableRawPointer) {
  let os = libraryOS()
  guard let command = HostCommand(os.settings.command) else { malformedCommand(os) }
  deliver(command, os, target, slots)
}

@c(libos_next_command)
public func nextCommand(
  _ status: UInt64, _ results: UnsafeMutableRawPointer, _ resultCount: UInt32, _ target: UnsafeMutablePointer<UInt32>,
  _ slots: UnsafeMutableRawPointer
) {
  let os = libraryOS()
  let results = MemoryRegion(base: results, count: UInt64(resultCount) * Command.slotSize)
  // What trapped leaves what counted before it.
  if status == CommandStatus.done.rawValue, let reason = commitSealed(os) { refuse(os.edge, reason) }
  do throws(StartFailure) {
    deliver(try os.nextCommand(status: status, results: results), os, target, slots)
  } catch {
    refuse(os.edge, error.reason)
  }
}

private func malformedCommand(_ os: LibraryOS) -> Never { refuse(os.edge, "the host gave a malformed command") }

@c(libos_refuse_command)
public func refuseCommand() -> Never { malformedCommand(libraryOS()) }

/// For programs that keep random state of their own: import "coffer" "clone_generation".
@c(coffer_clone_generation)
public func cloneGeneration() -> UInt64 { libraryOS().cloneGeneration }

// MARK: Life

@c(libos_trap)
public func reportTrap(
  _ kind: UInt32, _ instruction: UInt64, _ cause: UInt64, _ errorCode: UInt64, _ stackPointer: UInt64
) {
  // Not the library OS's client: the trap may have come while it was at work.
  edgeClient().trap(
    kind: kind, instruction: instruction, cause: cause, errorCode: errorCode, stackPointer: stackPointer,
    limits: current?.limitsReached ?? 0)
}

@c(libos_grow_memory)
public func growMemory(_ index: UInt32, _ size: UInt64) -> Bool {
  do throws(SystemError) {
    try libraryOS().edge.growMemory(index: index, bytes: size)
    return true
  } catch {
    return false
  }
}

@c(libos_exit)
public func exitProgram(_ status: UInt32) -> Never {
  let os = libraryOS()
  if let reason = commitSealed(os) { refuse(os.edge, reason) }
  WASIPreview1(os: os).procExit(status: status)
  coffer_halt()
}
