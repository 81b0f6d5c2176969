/// The command line of a node's attester.
public struct AttesterOptions: Equatable, Sendable {
  /// The program of the monitors that it starts.
  public var monitor: String
  public var platform: PlatformName
  /// The key of a development platform's root.
  public var developmentRoot: String?
  /// The program that carries messages to a broker, and its arguments; nil for no broker.
  public var carrier: [String]?

  /// The front's end of the conversation is the other side of this one.
  public static let controlDescriptor: Int32 = 3
  /// ... and of a carrier's.
  public static let carrierDescriptor: Int32 = 3

  /// - Parameter arguments: without the program's name.
  /// - Throws: ``AttesterError``
  public init(_ arguments: [String]) throws(AttesterError) {
    var values: [String: String] = [:]
    var carrier: [String]?
    var rest = arguments[...]
    while let name = rest.popFirst() {
      if name == "--carrier" {
        guard !rest.isEmpty else { throw AttesterError.usage(found: "--carrier without a program") }
        carrier = Array(rest)
        rest = []
        continue
      }
      guard ["--monitor", "--platform", "--development-root"].contains(name) else { throw AttesterError.usage(found: name) }
      guard let value = rest.popFirst(), values.updateValue(value, forKey: name) == nil else {
        throw AttesterError.usage(found: "\(name) without a value, or twice")
      }
    }
    guard let monitor = values["--monitor"] else { throw AttesterError.usage(found: "no --monitor") }
    guard let platform = PlatformName(values["--platform"] ?? "none") else { throw AttesterError.usage(found: "--platform \(values["--platform"] ?? "")") }
    self.monitor = monitor
    self.platform = platform
    self.carrier = carrier
    developmentRoot = values["--development-root"]
    if case .development = platform, developmentRoot == nil { throw AttesterError.usage(found: "a development platform without --development-root") }
  }
}

/// Why there is no attester.
public struct AttesterError: Error, Equatable, CustomStringConvertible {
  public let description: String

  static func usage(found: String) -> AttesterError {
    AttesterError(
      description: "found \(found), expected: coffer-attester --monitor FILE [--platform NAME] [--development-root FILE] [--carrier PROGRAM ARGUMENTS ...], "
        + "with the front's socket as descriptor \(AttesterOptions.controlDescriptor); coffer-node starts it")
  }
}
