import CLinux
import EdgeCalls
import Glibc
import Machine

extension KVMMachine: CloneableMachine {
  public func makeTemplate() throws(MachineError) -> any MachineTemplate {
    guard ending == nil, standsAtEdgeCall else {
      throw MachineError(.invalidConfiguration, "a template is made of a machine that stands at an edge call; this one does not: run it first")
    }
    try finishExit()
    return try KVMTemplate(self)
  }

  public func reset() throws(MachineError) {
    guard let template else {
      throw MachineError(.invalidConfiguration, "only a clone can be reset, and this machine was made from an image: clone a template")
    }
    if let ending {
      throw MachineError(.invalidConfiguration, "the machine cannot be reset, throw it away: \(ending)")
    }
    recorder?.finish(space, system.pageMap)
    recorder = nil
    if !standsAtEdgeCall {
      // It was interrupted somewhere: an instruction may have been half done, an exception on its way. At an edge call there is only a
      // write that has reached its end; what KVM still does about it, behind taking the staged registers over, changes none of them.
      try finishExit()
      try must("clearing the virtual processor's events", coffer_kvm_clear_events(processor.descriptor.number))
    }
    try space.shrink(to: template.space)
    try restoreMemory(template)
    try template.processor.restore(processor)
    standsAtEdgeCall = true
    statistics.resets += 1
    statistics.mappedBytes = space.mappedBytes
  }

  public func differencesFromTemplate() throws(MachineError) -> [String] {
    guard let template else { return ["the machine is no clone"] }
    // Staged registers reach the processor with the next run, which is not to happen here.
    try finishExit()
    var lines = try ProcessorState(of: processor, machinePage: space.machinePage).differences(from: template.processor)
    let mappings = space.tables.walk(space.memory)
    if mappings != template.mappings {
      lines.append("the page tables map \(mappings.count) ranges, the template's \(template.mappings.count), or with other rights or places")
    }
    for (index, window) in template.memory.windows.enumerated() {
      let host = space.memory.windows[index].host
      var offset = index == 0 ? space.tablesEnd : 0
      guard !space.isTables(window: index) else { continue }
      while offset < window.backed {
        if memcmp(host + Int(offset), template.memory.contents(of: window, at: offset), Int(PageTables.page)) != 0 {
          lines.append("guest-physical page \(hexadecimal(window.guestAddress + offset)) differs")
          guard lines.count < 32 else { return lines }
        }
        offset += PageTables.page
      }
    }
    return lines
  }

  /// Completes the instruction by which the guest left. An interruption that came meanwhile stays to be noticed.
  private func finishExit() throws(MachineError) {
    try processor.settle()
    if isInterruptionRequested.load(ordering: .sequentiallyConsistent) { coffer_kvm_set_immediate_exit(processor.run, 1) }
  }

  /// Pages that the guest may write and that only this machine has are the only ones that can differ. They are copied back, which keeps them with the machine for
  /// the next time, unless there are many.
  private func restoreMemory(_ template: KVMTemplate) throws(MachineError) {
    for neighbourhood in template.neighbourhoods {
      let (index, start) = (neighbourhood.window, neighbourhood.offsets.lowerBound)
      let host = space.memory.windows[index].host
      let found = system.pageMap.privatePages(host + Int(start), count: UInt64(neighbourhood.offsets.count))
      let own = found?.map { start + $0.lowerBound..<start + $0.upperBound } ?? [neighbourhood.offsets]
      for part in neighbourhood.parts { try restore(part, own, template) }
    }
  }

  /// - Parameter own: what this machine has as its own, there and beside it.
  private func restore(_ part: MemoryPart, _ own: [Range<UInt64>], _ template: KVMTemplate) throws(MachineError) {
    let window = template.memory.windows[part.window]
    let host = space.memory.windows[part.window].host
    let places = own.lazy.map { $0.clamped(to: part.offsets) }.filter { !$0.isEmpty }
    let total = places.reduce(UInt64(0)) { $0 + UInt64($1.count) }
    for place in places {
      if total > Self.keptBytes {
        try must("giving back memory", coffer_memory_discard(host + Int(place.lowerBound), place.count))
      } else {
        for offset in stride(from: place.lowerBound, to: place.upperBound, by: Int(PageTables.page)) {
          restorePage(host + Int(offset), window, offset, template.memory)
        }
      }
    }
    // Behind these there is no file to come forward.
    if total > Self.keptBytes { for copy in copied where copy.overlaps(part) { template.memory.copy(copy, into: space.memory) } }
  }

  /// What a machine keeps to itself over a reset.
  private static let keptBytes: UInt64 = 2 << 20

  private func restorePage(
    _ page: UnsafeMutableRawPointer, _ window: TemplateMemory.Window, _ offset: UInt64, _ memory: TemplateMemory
  ) {
    if offset < window.backed, memory.holdsContents(window, at: offset) {
      page.copyMemory(from: memory.contents(of: window, at: offset), byteCount: Int(PageTables.page))
    } else {
      page.initializeMemory(as: UInt8.self, repeating: 0, count: Int(PageTables.page))
    }
  }
}

extension AddressSpace {
  /// The window that holds nothing but tables, made when memories grew far.
  func isTables(window: Int) -> Bool { tables.poolWindow == window }

  func mayBeMappedFromFile(window: Int, offset: UInt64) -> Bool {
    regions.contains { $0.window == window && $0.offset <= offset && offset - $0.offset < $0.filled }
  }
}
