import Platform
import Synchronization

/// Another platform, and how often it was asked.
final class CountingPlatform: Platform {
  private let other: any Platform
  private let count = Atomic<Int>(0)

  init(_ other: any Platform) { self.other = other }

  var reports: Int { count.load(ordering: .relaxed) }
  var name: String { get throws(PlatformError) { try other.name } }
  var binding: BindingLength { other.binding }

  func report(binding: [UInt8]) throws(PlatformError) -> PlatformReport {
    count.add(1, ordering: .relaxed)
    return try other.report(binding: binding)
  }
}
