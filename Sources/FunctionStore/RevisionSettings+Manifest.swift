import FunctionDispatch
import ImageBuilding
import TrustletImage

extension RevisionSettings {
  /// What a node does with an image: the lower one of each limit, and the node's defaults where nobody says anything.
  /// - Parameter answersHTTP: `TrustletImage/answersHTTP`.
  public init(image: Manifest, function: FunctionSection, answersHTTP: Bool = false) {
    let defaults = FunctionSettings()
    self.init()
    // 0 is what the image allows, which its monitor sees to itself.
    serving.memory = function.memory.map { min($0, image.memory).bytes } ?? 0
    serving.output = function.output.map { min($0, image.output ?? $0).bytes } ?? 0
    serving.time = Self.lower(function.time, image.time) ?? defaults.time
    serving.processorTime = Self.lower(function.cpuTime, image.cpuTime) ?? 0
    serving.concurrency = function.concurrency.map { Int(clamping: $0) } ?? defaults.concurrency
    serving.queue = function.queue.map { Int(clamping: $0) } ?? defaults.queue
    serving.environment = function.environment.map { "\($0.key)=\($0.value)" }.sorted()
    serving.reuse = function.reuse ?? defaults.reuse
    serving.answer = switch function.answer {
    case _ where answersHTTP: .component
    case .cgi: .cgi
    case .body: .body
    case .auto, nil: .auto
    }
    promotion = function.promote ?? .automatic
  }

  private static func lower(_ one: TimeSpan?, _ other: TimeSpan?) -> UInt64? {
    [one, other].compactMap { $0?.nanoseconds }.min()
  }
}
