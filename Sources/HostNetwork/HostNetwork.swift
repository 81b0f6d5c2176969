import CLinux
import EdgeCalls
import Glibc
import Monitor
import NetworkRules
import Synchronization

/// A trustlet's way to the network: carries out its operations, as far as its rules permit them.
///
/// Whatever a guest asks: no packet goes to an address, no socket is bound at one, and no name is asked for that no rule permits; and it has at most
/// so many sockets.
public final class HostNetwork: NetworkGate {
  let rules: NetworkRules
  /// What is permitted at most, where somebody else has a say: the operator of a node.
  let ceiling: NetworkRules?
  let resolver: any Resolver
  let encryption: Encryption?
  let known = KnownNames()
  let socketLimit: Int
  let errands = ErrandCount()

  private let state = State()
  /// Two threads may serve the trustlet in turn (the doorbell's, its own), and a third may ask what went wrong.
  private let lock = Mutex<Void>(())

  /// Sendable because nothing reads or writes it but while `lock` is held: ``serve``, ``watched(_:)`` and ``complaints`` are the only ways in.
  final class State: @unchecked Sendable {
    var sockets: [Socket?] = []
    /// How many listen by the rules, once that was asked.
    var given: UInt64?
    var complaints: [String] = []
    private var denied: Set<String> = []

    /// Once for each place, of the first few: a program may ask for as many as it likes. `rule` is printable ASCII (``NetworkRequest/name(_:)``).
    func tellOfDenial(_ rule: String) {
      guard denied.count < 5, denied.insert(rule).inserted else { return }
      complaints.append("the program asked for a connection that no rule permits; the rule would be \(rule)")
    }
  }

  /// - Parameters:
  ///   - socketLimit: sockets at once, lookups among them.
  ///   - encryption: nil where there is none for `tls:` rules.
  ///   - ceiling: further rules that have to permit what is passed on (``connection(to:port:isEncrypted:)``); trustlets that are served here have none.
  public init(
    rules: NetworkRules, socketLimit: Int = 1024, resolver: any Resolver = SystemResolver(), encryption: Encryption? = nil, ceiling: NetworkRules? = nil
  ) {
    (self.rules, self.socketLimit, self.resolver, self.encryption) = (rules, max(0, min(socketLimit, 4096)), resolver, encryption)
    self.ceiling = ceiling
  }

  /// What a person should know of what did not go as the rules have it.
  public var complaints: [String] { lock.withLock { _ in state.complaints } }

  public func watched(_ handle: UInt64) -> NetworkWatch? {
    lock.withLock { _ in
      guard let socket = try? Self.socket(handle, state) else { return nil }
      switch socket.kind {
      case .lookup(let errand): return NetworkWatch(descriptor: errand.signal, isSignal: true)
      case .connecting(let errand): return NetworkWatch(descriptor: errand.signal, isSignal: true)
      default: return NetworkWatch(descriptor: socket.descriptor, isSignal: false)
      }
    }
  }

  public func serve(
    _ operation: NetworkOperation, handle: UInt64, argument: UInt64, payload: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
  ) -> NetworkReply {
    lock.withLock { _ in
      let call = NetworkRequest(handle: handle, argument: argument, payload: payload, space: space, rules: rules, state: state)
      do throws(NetworkFailure) {
        switch operation {
        case .given: return NetworkReply(value: try given(call))
        case .socket: return NetworkReply(value: try make(call))
        case .bind: try bind(call)
        case .connect: try connect(call)
        case .finish: try finish(call)
        case .listen: try listen(call)
        case .accept: return NetworkReply(value: try accept(call))
        case .shutdown: try shutDown(call)
        case .address: return NetworkReply(length: try address(call))
        case .option: return NetworkReply(value: try option(call))
        case .setOption: try setOption(call)
        case .send: return NetworkReply(value: try send(call))
        case .receive: return NetworkReply(length: try receive(call))
        case .lookUp: return NetworkReply(value: try lookUp(call))
        case .connectByName: return NetworkReply(value: try connectByName(call))
        case .close: try close(call)
        case .wait: throw .invalid
        }
        return NetworkReply()
      } catch {
        return NetworkReply(error: error.number)
      }
    }
  }

  // MARK: Handles

  static func socket(_ handle: UInt64, _ state: State) throws(NetworkFailure) -> Socket {
    guard let index = Int(exactly: handle), index < state.sockets.count, let socket = state.sockets[index] else { throw .badHandle }
    return socket
  }

  func requireRoom(_ state: State) throws(NetworkFailure) {
    guard state.sockets.count < socketLimit || state.sockets.contains(where: { $0 == nil }) else { throw .tooManySockets }
  }

  /// The lowest number that is free.
  func insert(_ socket: Socket, _ state: State) throws(NetworkFailure) -> UInt64 {
    if let index = state.sockets.firstIndex(where: { $0 == nil }) {
      state.sockets[index] = socket
      return UInt64(index)
    }
    guard state.sockets.count < socketLimit else { throw .tooManySockets }
    state.sockets.append(socket)
    return UInt64(state.sockets.count - 1)
  }

  private func close(_ call: NetworkRequest) throws(NetworkFailure) {
    _ = try call.socket()
    call.state.sockets[Int(call.handle)] = nil
  }
}

/// One operation: what came with it, none of it checked.
struct NetworkRequest {
  let handle: UInt64
  let argument: UInt64
  let payload: UnsafeRawBufferPointer
  let space: UnsafeMutableRawBufferPointer
  let rules: NetworkRules
  let state: HostNetwork.State

  func socket() throws(NetworkFailure) -> Socket { try HostNetwork.socket(handle, state) }

  /// One whose descriptor is a socket of the system's.
  func ready() throws(NetworkFailure) -> Socket {
    let socket = try socket()
    guard socket.descriptor >= 0 else { throw NetworkFailure(ENOTCONN) }
    return socket
  }

  func address() throws(NetworkFailure) -> SocketAddress {
    guard payload.count == Int(NetworkAddress.size), let address = SocketAddress(payload) else { throw .invalid }
    return address
  }

  func name() throws(NetworkFailure) -> String { try Self.name(payload) }

  static func name(_ payload: some Collection<UInt8>) throws(NetworkFailure) -> String {
    guard payload.count <= 255, payload.allSatisfy({ (0x21..<0x7F).contains($0) }) else { throw .invalid }
    return String(decoding: payload, as: UTF8.self)
  }
}

/// An error number of Linux.
struct NetworkFailure: Error {
  let number: UInt32

  init(_ number: Int32) { self.number = UInt32(clamping: number) }

  static let invalid = NetworkFailure(EINVAL)
  static let denied = NetworkFailure(EACCES)
  static let badHandle = NetworkFailure(EBADF)
  static let again = NetworkFailure(EAGAIN)
  static let tooManySockets = NetworkFailure(EMFILE)
}

/// The result of a function of the C shim.
@discardableResult
func checked(_ result: Int32) throws(NetworkFailure) -> Int32 {
  guard result >= 0 else { throw NetworkFailure(-result) }
  return result
}

@discardableResult
func checked(_ result: Int) throws(NetworkFailure) -> Int {
  guard result >= 0 else { throw NetworkFailure(Int32(clamping: -result)) }
  return result
}
