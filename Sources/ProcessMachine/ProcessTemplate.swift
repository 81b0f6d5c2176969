import EdgeCalls
import Machine

/// A process's memory at an edge call, in a sealed file that clones map copy-on-write. Its registers are on its stack: it stands inside a
/// function of the machine page.
public final class ProcessTemplate: MachineTemplate {
  let contents: ProcessContents

  /// - Parameter machine: stands at an edge call.
  init(_ machine: ProcessMachine) throws(MachineError) {
    var pieces: [(region: ProcessPlan.Region, contents: [UInt8])] = []
    for region in machine.regions {
      if region.isShared {
        // Of the window only the words of control would matter, and the monitor sets them.
        pieces.append((region, []))
      } else {
        pieces.append((region, try machine.contents(of: region)))
      }
    }
    // The stack pointer is the guest's word. What it may name is memory of its own, where it could have gone anyway.
    contents = try ProcessContents(
      pieces, entry: MemoryMap.machinePage + ProcessPage.resume, stackPointer: machine.child.control64(ProcessControl.savedStackOffset))
  }

  public var sharedBytes: UInt64 { contents.bytes }

  public func clone() throws(MachineError) -> any CloneableMachine {
    try ProcessMachine(contents: contents, template: self)
  }
}

extension ProcessMachine: CloneableMachine {
  public func makeTemplate() throws(MachineError) -> any MachineTemplate {
    guard ending == nil, standsAtEdgeCall else {
      throw MachineError(.invalidConfiguration, "a template is made of a machine that stands at an edge call; this one does not: run it first")
    }
    return try ProcessTemplate(self)
  }

  /// A process cannot be brought back from outside: a fresh clone takes its place.
  public func reset() throws(MachineError) {
    guard template != nil else {
      throw MachineError(.invalidConfiguration, "only a clone can be reset, and this machine was made from an image: clone a template")
    }
    try replaceChild()
    ending = nil
    statistics.resets += 1
  }

  public func differencesFromTemplate() throws(MachineError) -> [String] {
    guard let template else { return ["the machine is no clone"] }
    var lines: [String] = []
    for (region, kept) in zip(regions, template.contents.regions) where !region.isShared {
      if region.size != kept.size { lines.append("region \(hexadecimal(region.address)) has \(region.size) bytes, the template's \(kept.size)") }
      let found = try contents(of: region)
      let expected = try template.contents.bytes(of: kept)
      for page in stride(from: 0, to: max(found.count, expected.count), by: Int(MemoryMap.pageSize)) {
        let end = page + Int(MemoryMap.pageSize)
        if found.page(page..<end) != expected.page(page..<end) {
          lines.append("page \(hexadecimal(region.address + UInt64(page))) differs")
          guard lines.count < 32 else { return lines }
        }
      }
    }
    return lines
  }

  /// What a region holds, up to its last page that holds anything.
  func contents(of region: ProcessPlan.Region) throws(MachineError) -> [UInt8] {
    let page = Int(MemoryMap.pageSize)
    var touched = try child.pages(region.address, count: Int(region.size) / page)
    // What is mapped from a file is there although this process has not touched it.
    for index in 0..<min(touched.count, Int(region.filled) / page) { touched[index] = true }
    guard let last = touched.lastIndex(of: true) else { return [] }
    var bytes = [UInt8](repeating: 0, count: (last + 1) * page)
    var start = 0
    while start <= last {
      guard touched[start] else {
        start += 1
        continue
      }
      let end = touched[start...last].firstIndex(of: false) ?? last + 1
      let result: Result<Void, MachineError> = bytes.withUnsafeMutableBytes { buffer in
        do throws(MachineError) {
          try child.read(
            region.address + UInt64(start * page), into: UnsafeMutableRawBufferPointer(rebasing: buffer[start * page..<end * page]))
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      try result.get()
      start = end
    }
    return bytes
  }
}

extension [UInt8] {
  /// A page of it; zeros where it has ended.
  fileprivate func page(_ range: Range<Int>) -> [UInt8] {
    let found = range.lowerBound < count ? Array(self[range.lowerBound..<Swift.min(range.upperBound, count)]) : []
    return found + Array(repeating: 0, count: range.count - found.count)
  }
}
