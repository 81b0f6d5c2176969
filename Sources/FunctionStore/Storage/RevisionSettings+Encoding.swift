import Foundation
import FunctionDispatch
import ImageBuilding

/// As the database has it. Members that an older version did not write have their defaults.
extension RevisionSettings: Codable {
  private enum Key: String, CodingKey {
    case memory, time, processorTime, output, concurrency, queue, environment, reuse, answer, promotion, network
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init()
    func set<Value: Decodable>(_ path: WritableKeyPath<FunctionSettings, Value>, _ key: Key) throws {
      if let value = try values.decodeIfPresent(Value.self, forKey: key) { serving[keyPath: path] = value }
    }
    try set(\.memory, .memory)
    try set(\.time, .time)
    try set(\.processorTime, .processorTime)
    try set(\.output, .output)
    try set(\.concurrency, .concurrency)
    try set(\.queue, .queue)
    try set(\.environment, .environment)
    try set(\.reuse, .reuse)
    try set(\.answer, .answer)
    try set(\.network, .network)
    if let text = try values.decodeIfPresent(String.self, forKey: .promotion), let value = FunctionSection.Promotion(rawValue: text) {
      promotion = value
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(serving.memory, forKey: .memory)
    try values.encode(serving.time, forKey: .time)
    try values.encode(serving.processorTime, forKey: .processorTime)
    try values.encode(serving.output, forKey: .output)
    try values.encode(serving.concurrency, forKey: .concurrency)
    try values.encode(serving.queue, forKey: .queue)
    try values.encode(serving.environment, forKey: .environment)
    try values.encode(serving.reuse, forKey: .reuse)
    try values.encode(serving.answer, forKey: .answer)
    try values.encode(promotion.rawValue, forKey: .promotion)
    if !serving.network.isEmpty { try values.encode(serving.network, forKey: .network) }
  }

  var text: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }

  init(text: String) throws { self = try JSONDecoder().decode(RevisionSettings.self, from: Data(text.utf8)) }
}
