/// Nodes of the tree in memory. A node's parent is always here too, so that what changes below can be noted above without reading; a node with children
/// here therefore stays.
///
/// Indices come from the volume alone: places below `capacity`, children below the fan-out.
struct NodeCache: ~Copyable {
  static let none: Int32 = -1

  private struct Place {
    var layer = 0
    var index: UInt64 = 0
    var parent = NodeCache.none
    /// Children that are here, and one more while a child is being read.
    var holds: Int32 = 0
    var isUsed = false
    var isDirty = false
    /// Since the hand passed last.
    var wasNeeded = false
  }

  let capacity: Int
  private let memory: UnsafeMutableRawPointer
  private let children: UnsafeMutablePointer<Int32>
  private var places: [Place]
  private var hand = 0
  private(set) var dirtyCount = 0
  var top = NodeCache.none

  private static let fanOut = Int(VolumeLayout.fanOut)

  init(capacity: Int) {
    self.capacity = capacity
    memory = .allocate(byteCount: capacity * VolumeLayout.blockSize, alignment: 64)
    children = .allocate(capacity: capacity * NodeCache.fanOut)
    children.initialize(repeating: NodeCache.none, count: capacity * NodeCache.fanOut)
    places = Array(repeating: Place(), count: capacity)
  }

  deinit {
    memory.deallocate()
    children.deallocate()
  }

  func bytes(_ place: Int32) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: memory + Int(place) * VolumeLayout.blockSize, count: VolumeLayout.blockSize)
  }

  func entry(_ place: Int32, _ child: Int) -> NodeEntry {
    (memory + (Int(place) * VolumeLayout.blockSize + child * NodeEntry.size)).loadUnaligned(as: NodeEntry.self)
  }

  mutating func set(_ entry: NodeEntry, _ place: Int32, _ child: Int) {
    (memory + (Int(place) * VolumeLayout.blockSize + child * NodeEntry.size)).storeBytes(of: entry, as: NodeEntry.self)
    mark(place, isDirty: true)
  }

  mutating func mark(_ place: Int32, isDirty: Bool) {
    guard places[Int(place)].isDirty != isDirty else { return }
    places[Int(place)].isDirty = isDirty
    dirtyCount += isDirty ? 1 : -1
  }

  mutating func child(_ place: Int32, _ child: Int) -> Int32 {
    let found = children[Int(place) * NodeCache.fanOut + child]
    if found != NodeCache.none { places[Int(found)].wasNeeded = true }
    return found
  }

  func layer(_ place: Int32) -> Int { places[Int(place)].layer }
  func index(_ place: Int32) -> UInt64 { places[Int(place)].index }
  func parent(_ place: Int32) -> Int32 { places[Int(place)].parent }
  func isDirty(_ place: Int32) -> Bool { places[Int(place)].isUsed && places[Int(place)].isDirty }

  /// Keeps a node here until ``release(_:)``.
  mutating func hold(_ place: Int32) { if place != NodeCache.none { places[Int(place)].holds += 1 } }
  mutating func release(_ place: Int32) { if place != NodeCache.none { places[Int(place)].holds -= 1 } }

  /// A place that is free, or has a node without children that was not needed for a while.
  mutating func candidate() -> Int32 {
    // Twice around at most: a path is shorter than the smallest cache.
    while true {
      let place = hand
      hand = (hand + 1) % capacity
      if !places[place].isUsed { return Int32(place) }
      if places[place].holds > 0 { continue }
      if !places[place].wasNeeded { return Int32(place) }
      places[place].wasNeeded = false
    }
  }

  /// Forgets a node, which is not dirty.
  mutating func clear(_ place: Int32) {
    guard places[Int(place)].isUsed else { return }
    let old = places[Int(place)]
    if old.parent == NodeCache.none {
      top = NodeCache.none
    } else {
      children[Int(old.parent) * NodeCache.fanOut + Int(old.index % VolumeLayout.fanOut)] = NodeCache.none
      places[Int(old.parent)].holds -= 1
    }
    places[Int(place)] = Place()
  }

  /// Enters a node whose bytes are in place.
  mutating func enter(_ place: Int32, layer: Int, index: UInt64, parent: Int32) {
    places[Int(place)] = Place(layer: layer, index: index, parent: parent, isUsed: true, wasNeeded: true)
    if parent == NodeCache.none {
      top = place
    } else {
      children[Int(parent) * NodeCache.fanOut + Int(index % VolumeLayout.fanOut)] = place
      places[Int(parent)].holds += 1
    }
  }

  /// The dirty nodes of a layer.
  func dirtyPlaces(layer: Int) -> [Int32] {
    (0..<Int32(capacity)).filter { places[Int($0)].isDirty && places[Int($0)].layer == layer }
  }
}
