import Crypto
import Foundation
import Platform

/// Many nonces under one report of a platform: a Merkle tree, whose root the report binds.
///
/// A relying party finds its own nonce at the end of a path of hashes, so that the report is as fresh for it as if it had asked alone.
struct NonceTree {
  static let limit = 4096

  private let levels: [[[UInt8]]]

  /// - Parameter nonces: two or more; filled up to a power of two with what is no leaf's hash.
  init(_ nonces: [[UInt8]]) {
    var level = nonces.map { Array(SHA384.hash(data: [0] + $0)) }
    var width = 1
    while width < level.count { width *= 2 }
    level += Array(repeating: [UInt8](repeating: 0, count: 48), count: width - level.count)
    var levels = [level]
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { Array(SHA384.hash(data: [1] + level[$0] + level[$0 + 1])) }
      levels.append(level)
    }
    self.levels = levels
  }

  var root: [UInt8] { levels.last?.first ?? [] }

  /// The nonce's number, and the hashes beside its way up, in CBOR.
  func path(of index: Int) -> [UInt8] {
    var position = index
    var siblings: [CBORItem] = []
    for level in levels.dropLast() {
      siblings.append(.bytes(level[position ^ 1]))
      position /= 2
    }
    return CBORItem.array([.integer(index), .array(siblings)]).encoded
  }
}
