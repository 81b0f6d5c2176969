/// What a descriptor number stands for.
public enum Descriptor {
  case stream(UInt32)
  case file(OpenFile)
  case directory(OpenDirectory)
}

/// The program's descriptors by number.
public struct DescriptorTable {
  private var slots: [Descriptor?] = []

  /// Open at once, whatever the manifest says.
  public static let greatestLimit: UInt32 = 1024
  private var limit = DescriptorTable.greatestLimit
  private var used: UInt32 = 0
  /// Whether a descriptor was refused.
  public private(set) var hasRunOut = false

  public subscript(_ number: UInt32) -> Descriptor? {
    number < UInt32(slots.count) ? slots[Int(number)] : nil
  }

  /// The highest number that was freed, or the first that was never used: Wasmtime's order, which programs can see.
  public mutating func insert(_ descriptor: Descriptor) throws(SystemError) -> UInt32 {
    try requireRoom()
    used += 1
    var index = slots.count
    while index > 0 {
      index -= 1
      if slots[index] == nil {
        slots[index] = descriptor
        return UInt32(index)
      }
    }
    slots.append(descriptor)
    return UInt32(slots.count - 1)
  }

  /// What is to be opened may be made or emptied by that: there must be a number for it first.
  public mutating func requireRoom() throws(SystemError) {
    guard used < limit else {
      hasRunOut = true
      throw .tooManyOpenFiles
    }
  }

  mutating func setLimit(_ limit: UInt32) { self.limit = min(limit, DescriptorTable.greatestLimit) }

  public mutating func remove(_ number: UInt32) throws(SystemError) {
    guard self[number] != nil else { throw .badDescriptor }
    slots[Int(number)] = nil
    used -= 1
  }

  /// Puts `source` in the place of `target`, which must be open and is closed.
  public mutating func move(_ source: UInt32, to target: UInt32) throws(SystemError) {
    guard let moved = self[source], self[target] != nil else { throw .badDescriptor }
    guard source != target else { return }
    slots[Int(source)] = nil
    slots[Int(target)] = moved
    used -= 1
  }
}
