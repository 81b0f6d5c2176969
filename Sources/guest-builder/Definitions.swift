import EdgeCalls

/// The constants of `EdgeCalls` as the C half and the linker script of the guest know them, so that they stand in one place only.
let definitions: [(String, UInt64)] = [
  ("COFFER_IMAGE", MemoryMap.image),
  ("COFFER_TRAP_ENTRY_OFFSET", MemoryMap.trapEntryOffset),
  ("COFFER_MACHINE_PAGE", MemoryMap.machinePage),
  ("COFFER_EDGE_WAIT_OFFSET", MachinePage.edgeWait),
  ("COFFER_TRAP_ENTRIES", MachinePage.trapEntries),
  ("COFFER_TRAP_ENTRY_SIZE", MachinePage.trapEntrySize),
  ("COFFER_DOORBELL", MemoryMap.doorbell),
  ("COFFER_LINEAR_MEMORY", MemoryMap.linearMemory),
  ("COFFER_HEAP", MemoryMap.heap),
  ("COFFER_HEAP_SIZE", MemoryMap.heapSize),
  ("COFFER_SLOT_LIMIT", UInt64(Command.slotLimit)),
  ("COFFER_SLOT_SIZE", Command.slotSize),
  ("COFFER_COMMAND_END", UInt64(Command.Kind.end.rawValue)),
  ("COFFER_COMMAND_INSTANTIATE", UInt64(Command.Kind.instantiate.rawValue)),
  ("COFFER_COMMAND_CALL", UInt64(Command.Kind.call.rawValue)),
  ("COFFER_STATUS_DONE", CommandStatus.done.rawValue),
  ("COFFER_STATUS_TRAPPED", CommandStatus.trapped.rawValue),
  ("COFFER_TRAP_MEMORY", UInt64(TrapKind.outOfBoundsMemoryAccess.rawValue)),
  ("COFFER_TRAP_TABLE", UInt64(TrapKind.outOfBoundsTableAccess.rawValue)),
  ("COFFER_TRAP_STACK", UInt64(TrapKind.callStackExhausted.rawValue)),
  ("COFFER_TRAP_HARDWARE", UInt64(TrapKind.hardwareFault.rawValue)),
  ("COFFER_TRAP_IMPORT", UInt64(TrapKind.incompatibleImport.rawValue)),
]
