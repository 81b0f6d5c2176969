import Crypto
import FoundationEssentials
import KeyBrokerProtocol

/// One line of the audit log: who did what to what, and what came of it. Nothing secret is in it.
public struct AuditEntry: Sendable, Equatable {
  public enum Action: String, Sendable, CaseIterable {
    case start, attest, release, read, exchange, put, remove
    case setPolicy = "set-policy"
    case addTenant = "add-tenant"
    case changeTenant = "change-tenant"
    case removeTenant = "remove-tenant"
    case addToken = "add-token"
    case removeToken = "remove-token"
  }

  public enum Outcome: String, Sendable, CaseIterable {
    case done, refused
  }

  /// From 1, without gaps.
  public var number: Int64
  /// Seconds since 1970, by the broker's clock.
  public var time: Int64
  /// Empty for the broker as a whole.
  public var tenant: String
  /// A token's name, or the instance's by the SHA-256 of its key; and the address it spoke from.
  public var actor: String
  public var action: Action
  public var subject: String
  public var outcome: Outcome
  /// Why, or how.
  public var detail: String

  public var json: JSONValue {
    .members([
      "number": .integer(number), "time": .integer(time), "tenant": .string(tenant), "actor": .string(actor),
      "action": .string(action.rawValue), "subject": .string(subject), "outcome": .string(outcome.rawValue), "detail": .string(detail),
    ])
  }

  public init(
    number: Int64 = 0, time: Int64 = 0, tenant: String, actor: String, action: Action, subject: String, outcome: Outcome, detail: String = ""
  ) {
    (self.number, self.time, self.tenant, self.actor) = (number, time, tenant, actor)
    (self.action, self.subject, self.outcome, self.detail) = (action, subject, outcome, detail)
  }

  public init(_ value: JSONValue) throws(MalformedMessage) {
    func text(_ name: String) throws(MalformedMessage) -> String {
      guard let text = value[name]?.text else { throw MalformedMessage("audit entry, \(name)", found: "nothing", wanted: "text") }
      return text
    }
    guard let number = value["number"]?.integer, let time = value["time"]?.integer, let action = Action(rawValue: try text("action")),
      let outcome = Outcome(rawValue: try text("outcome"))
    else { throw MalformedMessage("audit entry", found: "other members", wanted: "number, time, action and outcome") }
    self.init(
      number: number, time: time, tenant: try text("tenant"), actor: try text("actor"), action: action, subject: try text("subject"),
      outcome: outcome, detail: try text("detail"))
  }
}

/// The chain of hashes over the log: each entry's is SHA-384 of the one before it and of the entry as it is written. So no entry can be
/// changed, taken out, added in between or moved without all that follow changing, and who remembers one hash knows everything up to it.
public enum AuditChain {
  /// Before the first entry.
  public static let start = [UInt8](repeating: 0, count: 48)

  public static func hash(after previous: [UInt8], _ entry: [UInt8]) -> [UInt8] {
    var hash = SHA384()
    hash.update(data: previous)
    hash.update(data: entry)
    return Array(hash.finalize())
  }

  /// An entry as it is written, and the hash up to it.
  public struct Link: Sendable, Equatable {
    public var entry: [UInt8]
    public var hash: [UInt8]

    public init(entry: [UInt8], hash: [UInt8]) { (self.entry, self.hash) = (entry, hash) }
  }

  /// Goes along the chain, and throws where it does not hold.
  public struct Verifier: Sendable {
    public private(set) var number: Int64
    public private(set) var head: [UInt8]

    public init(after number: Int64 = 0, head: [UInt8] = AuditChain.start) { (self.number, self.head) = (number, head) }

    @discardableResult
    public mutating func add(_ link: Link) throws(BrokerError) -> AuditEntry {
      let expected = AuditChain.hash(after: head, link.entry)
      guard link.hash == expected else { throw Self.broken(number + 1, "its hash does not follow from the entry and the one before it") }
      let entry: AuditEntry
      do throws(MalformedMessage) {
        entry = try AuditEntry(JSONReader.value(of: link.entry, "audit entry"))
      } catch {
        throw Self.broken(number + 1, "\(error)")
      }
      guard entry.number == number + 1 else { throw Self.broken(number + 1, "entry \(entry.number) is in its place") }
      (number, head) = (entry.number, link.hash)
      return entry
    }

    static func broken(_ number: Int64, _ why: String) -> BrokerError {
      BrokerError(.forged, "the audit log is not as it was written, from entry \(number) on: \(why)")
    }
  }
}
