/// What a descriptor number stands for.
public enum Descriptor {
  case stream(UInt32)
  case file(OpenFile)
  case directory(OpenDirectory)
}

/// The program's descriptors by number.
public struct DescriptorTable {
  private var slots: [Descriptor?] = []

  /// Open at once.
  public static let limit = 1024

  public subscript(_ number: UInt32) -> Descriptor? {
    number < UInt32(slots.count) ? slots[Int(number)] : nil
  }

  /// The highest number that was freed, or the first that was never used: Wasmtime's order, which programs can see.
  public mutating func insert(_ descriptor: Descriptor) throws(SystemError) -> UInt32 {
    var index = slots.count
    while index > 0 {
      index -= 1
      if slots[index] == nil {
        slots[index] = descriptor
        return UInt32(index)
      }
    }
    guard slots.count < DescriptorTable.limit else { throw .tooManyOpenFiles }
    slots.append(descriptor)
    return UInt32(slots.count - 1)
  }

  public mutating func remove(_ number: UInt32) throws(SystemError) {
    guard self[number] != nil else { throw .badDescriptor }
    slots[Int(number)] = nil
  }

  /// Puts `source` in the place of `target`, which must be open and is closed.
  public mutating func move(_ source: UInt32, to target: UInt32) throws(SystemError) {
    guard let moved = self[source], self[target] != nil else { throw .badDescriptor }
    guard source != target else { return }
    slots[Int(source)] = nil
    slots[Int(target)] = moved
  }
}
