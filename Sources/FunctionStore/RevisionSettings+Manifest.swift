import FunctionDispatch
import ImageBuilding
import TrustletImage

extension RevisionSettings {
  /// What a node does with an image: the lower one of each limit, and the node's defaults where nobody says anything.
  /// - Throws: ``StoreError`` of code `.image` for a limit that the image undercuts, and for an answer that it does not give.
  public init(image: Manifest, function: FunctionSection, purpose: CheckedImage.Purpose = .command) throws(StoreError) {
    try Self.check(function, image)
    if let answer = function.answer, answer != .auto, purpose != .command {
      throw StoreError(
        .image, "function: answer: found \(answer.rawValue), which is for programs that write to standard output; this one "
          + (purpose == .http ? "answers by wasi:http" : "has exported functions, which answer with values") + ": leave it out")
    }
    if function.reuse == true, let reason = Self.obstacle(toReuse: image, purpose) {
      throw StoreError(.image, "function: reuse: found true, but \(reason): leave it out, or say false")
    }
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
    serving.network = image.network
    serving.reuse = function.reuse ?? defaults.reuse
    serving.answer = switch function.answer {
    case _ where purpose == .http: .component
    case _ where purpose == .exports: .exports
    case .cgi: .cgi
    case .body: .body
    case .auto, nil: .auto
    }
    promotion = function.promote ?? .automatic
  }

  private static func obstacle(toReuse image: Manifest, _ purpose: CheckedImage.Purpose) -> String? {
    if purpose == .command {
      return "this is a program, which runs once, from its beginning to its end, so that there is nothing to go on with "
        + "(components with wasi:http/incoming-handler and exported functions can be reused)"
    }
    if !image.secrets.isEmpty { return "the image has secrets, which each instance is given once, for one request" }
    return nil
  }

  /// What would come to nothing is said.
  public static func check(_ function: FunctionSection, _ image: Manifest) throws(StoreError) {
    func over<Limit: CustomStringConvertible>(_ key: String, _ wish: Limit?, _ limit: Limit?, _ isMore: (Limit, Limit) -> Bool) throws(StoreError) {
      guard let wish, let limit, isMore(wish, limit) else { return }
      throw StoreError(
        .image, "function: \(key): found \(wish), more than the image's \(limit), which is measured: say at most that, or raise \(key) of the manifest itself")
    }
    try over("memory", function.memory, image.memory) { $0.bytes > $1.bytes }
    try over("output", function.output, image.output) { $0.bytes > $1.bytes }
    try over("time", function.time, image.time) { $0.nanoseconds > $1.nanoseconds }
    try over("cpu-time", function.cpuTime, image.cpuTime) { $0.nanoseconds > $1.nanoseconds }
  }

  private static func lower(_ one: TimeSpan?, _ other: TimeSpan?) -> UInt64? {
    [one, other].compactMap { $0?.nanoseconds }.min()
  }
}
