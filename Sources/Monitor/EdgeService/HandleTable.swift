import Glibc

/// Something a guest has opened.
struct OpenNode {
  enum Kind {
    case file(readable: Bool, writable: Bool)
    case directory
  }

  let descriptor: Int32
  let kind: Kind
  /// The directory it was reached through was offered for writing.
  let inWritableDirectory: Bool
}

/// Numbers for what a guest has opened. Owns the descriptors.
struct HandleTable: ~Copyable {
  private var slots: [OpenNode?] = []
  private var free: [Int] = []
  let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  deinit {
    for case let node? in slots { Glibc.close(node.descriptor) }
  }

  var isFull: Bool { slots.count - free.count >= limit }

  /// Takes the descriptor over; closes it when the table is full.
  mutating func insert(_ node: OpenNode) throws(CallFailure) -> UInt32 {
    guard !isFull else {
      Glibc.close(node.descriptor)
      throw .tooManyFiles
    }
    if let slot = free.popLast() {
      slots[slot] = node
      return UInt32(slot)
    }
    slots.append(node)
    return UInt32(slots.count - 1)
  }

  func node(_ handle: UInt64) throws(CallFailure) -> OpenNode {
    guard let slot = Int(exactly: handle), slot < slots.count, let node = slots[slot] else { throw .badHandle }
    return node
  }

  mutating func close(_ handle: UInt64) throws(CallFailure) {
    let node = try node(handle)
    let slot = Int(handle)
    slots[slot] = nil
    free.append(slot)
    // The descriptor is gone even where close reports an error, which belongs to writes long since answered.
    Glibc.close(node.descriptor)
  }
}
