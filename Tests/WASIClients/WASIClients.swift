import EmbeddedBytes
import WASIComponents
import WasmFormat

/// Command components made of the C files in `Tests/Programs/wasi2`.
public enum WASIClients {
  public static let all: [(name: String, component: @Sendable () throws -> [UInt8])] = [
    ("dial", dial), ("ending", ending), ("fetch", fetch), ("hostile", hostile), ("http", http), ("misuse", misuse), ("network", network), ("plenty", plenty), ("probe", probe), ("relay", relay), ("sockets", sockets),
    ("together", together),
  ]

  /// Has many timers at once; its output is the same wherever it runs.
  @Sendable public static func plenty() throws -> [UInt8] { try component(SinglePrograms.plenty) }
  /// Uses nearly everything; its output is the same wherever it runs.
  @Sendable public static func probe() throws -> [UInt8] { try component(SinglePrograms.probe) }
  /// TCP, UDP and names over loopback; its output is the same wherever it runs.
  @Sendable public static func network() throws -> [UInt8] { try component(SinglePrograms.network) }
  /// Looks a name up, connects there and says what it is told, as a line of standard input asks.
  @Sendable public static func dial() throws -> [UInt8] { try component(SinglePrograms.dial) }
  /// Asks for sockets and names.
  @Sendable public static func sockets() throws -> [UInt8] { try component(SinglePrograms.sockets) }
  /// Ends as its first argument says.
  @Sendable public static func ending() throws -> [UInt8] { try component(SinglePrograms.ending) }

  /// Does something that must end in a trap: which, says its first argument.
  @Sendable public static func hostile() throws -> [UInt8] { try component(SinglePrograms.hostile) }

  /// Answers HTTP requests, as their path says.
  @Sendable public static func http() throws -> [UInt8] { try component(SinglePrograms.http) }

  /// Makes an HTTP request, and says what came of it.
  @Sendable public static func fetch() throws -> [UInt8] { try component(SinglePrograms.fetch) }
  /// Begins several HTTP requests at once, and says what came of each.
  @Sendable public static func together() throws -> [UInt8] { try component(SinglePrograms.together) }
  /// Does something with HTTP that must end in a trap or be refused: which, says its first argument.
  @Sendable public static func misuse() throws -> [UInt8] { try component(SinglePrograms.misuse) }
  /// Answers HTTP requests with what another server answers to them.
  @Sendable public static func relay() throws -> [UInt8] { try component(SinglePrograms.relay) }

  private static func component(_ base64: StaticString) throws -> [UInt8] {
    try ClientComponent.make(of: try Module.decode(EmbeddedBytes.decoded(base64)))
  }
}
