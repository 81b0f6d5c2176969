import CLinux
import EdgeCalls
import Glibc
import NetworkRules

/// Sockets themselves: making, binding, connecting, listening.
extension HostNetwork {
  func make(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    guard call.argument & ~(NetworkFlags.version6 | NetworkFlags.datagrams) == 0 else { throw .invalid }
    let isVersion6 = call.argument & NetworkFlags.version6 != 0
    let hasDatagrams = call.argument & NetworkFlags.datagrams != 0
    let kinds: [NetworkRule.Kind] = hasDatagrams ? [.udp, .udpListen] : [.connect, .listen]
    guard kinds.contains(where: call.rules.has) else { throw .denied }
    try requireRoom(call.state)
    let descriptor = try checked(coffer_net_socket(isVersion6 ? 1 : 0, hasDatagrams ? 1 : 0))
    return try insert(Socket(hasDatagrams ? .datagrams : .stream, descriptor, isVersion6 ? .six : .four), call.state)
  }

  /// At a place where a rule permits to listen; or at any port that is free, to connect from there or to send.
  func bind(_ call: NetworkRequest) throws(NetworkFailure) {
    let (socket, place) = (try call.ready(), try call.address())
    guard let address = place.address, address.version == socket.version, !socket.isBound, !socket.isLocal else { throw .invalid }
    let (listening, outgoing): (NetworkRule.Kind, NetworkRule.Kind) = if case .datagrams = socket.kind { (.udpListen, .udp) } else { (.listen, .connect) }
    let mayListen = call.rules.permitsListening(listening, address, port: place.port)
    guard mayListen || place.port == 0 && call.rules.has(outgoing) else { throw .denied }
    var system = place.system
    try checked(coffer_net_bind(socket.descriptor, &system))
    (socket.isBound, socket.mayListen) = (true, mayListen)
  }

  func connect(_ call: NetworkRequest) throws(NetworkFailure) {
    let (socket, place) = (try call.ready(), try call.address())
    guard !socket.isLocal, !socket.isListening else { throw .invalid }
    let isStream = if case .stream = socket.kind { true } else { false }
    var system = place.system
    if let address = place.address {
      guard address.version == socket.version else { throw .invalid }
      guard call.rules.permits(isStream ? .connect : .udp, address, port: place.port, names: known.names(of: address)) else { throw .denied }
    } else if isStream {
      throw .invalid
    }
    let result = coffer_net_connect(socket.descriptor, &system)
    if !isStream, result == 0 { socket.peer = place.address == nil ? nil : place }
    if result == 0 { socket.isBound = true }
    if result == -EINPROGRESS { socket.isBound = true }
    try checked(result)
  }

  func finish(_ call: NetworkRequest) throws(NetworkFailure) {
    let socket = try call.socket()
    switch socket.kind {
    case .connecting(let errand):
      guard let outcome = errand.take() else { throw .again }
      guard outcome >= 0 else {
        socket.become(.stream, -1)
        throw NetworkFailure(-outcome)
      }
      socket.become(.stream, outcome)
      socket.isBound = true
    case .stream where socket.descriptor >= 0: try checked(coffer_net_is_connected(socket.descriptor))
    default: throw .invalid
    }
  }

  func listen(_ call: NetworkRequest) throws(NetworkFailure) {
    let socket = try call.ready()
    guard case .stream = socket.kind, socket.isBound else { throw .invalid }
    guard socket.mayListen else { throw .denied }
    try checked(coffer_net_listen(socket.descriptor, Int32(clamping: min(max(call.argument, 1), 4096))))
    socket.isListening = true
  }

  func accept(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    let socket = try call.ready()
    guard socket.isListening else { throw .invalid }
    try requireRoom(call.state)
    let accepted = Socket(.stream, try checked(coffer_net_accept(socket.descriptor)), socket.version)
    accepted.isBound = true
    return try insert(accepted, call.state)
  }

  func shutDown(_ call: NetworkRequest) throws(NetworkFailure) {
    let socket = try call.ready()
    guard call.argument <= 2, !socket.isListening else { throw .invalid }
    try checked(coffer_net_shutdown(socket.descriptor, Int32(call.argument)))
    if call.argument > 0 { socket.hasFinished = true }
  }

  func address(_ call: NetworkRequest) throws(NetworkFailure) -> Int {
    let socket = try call.ready()
    guard call.argument <= 1, !socket.isLocal else { throw .invalid }
    var found = coffer_net_address()
    try checked(coffer_net_address_of(socket.descriptor, Int32(call.argument), &found))
    guard SocketAddress(found).store(into: call.space) else { throw .invalid }
    return Int(NetworkAddress.size)
  }

  // MARK: Options

  func option(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    let socket = try call.ready()
    guard let option = NetworkOption(rawValue: call.argument) else { throw .invalid }
    var value: UInt64 = 0
    try checked(coffer_net_option(socket.descriptor, socket.version == .six ? 1 : 0, Int32(option.rawValue), &value))
    return value
  }

  func setOption(_ call: NetworkRequest) throws(NetworkFailure) {
    let socket = try call.ready()
    guard let option = NetworkOption(rawValue: call.argument), call.payload.count == 8 else { throw .invalid }
    let value = UInt64(littleEndian: call.payload.loadUnaligned(as: UInt64.self))
    try checked(coffer_net_set_option(socket.descriptor, socket.version == .six ? 1 : 0, Int32(option.rawValue), value))
  }

  // MARK: Sockets that listen already

  /// Made when the program asks for the first time: those of WASI 0.2 bind their own.
  func given(_ call: NetworkRequest) throws(NetworkFailure) -> UInt64 {
    if let given = call.state.given { return given }
    // The guest takes the numbers from 0 on for these: who has made sockets already listens by its own.
    guard call.state.sockets.isEmpty else {
      call.state.given = 0
      return 0
    }
    for rule in call.rules.rules {
      guard let (address, port) = rule.listeningPlace else { continue }
      try requireRoom(call.state)
      var system = SocketAddress(address, port: port).system
      do throws(NetworkFailure) {
        let socket = Socket(.stream, try checked(coffer_net_socket(address.version == .six ? 1 : 0, 0)), address.version)
        try checked(coffer_net_bind(socket.descriptor, &system))
        try checked(coffer_net_listen(socket.descriptor, 128))
        (socket.isBound, socket.mayListen, socket.isListening) = (true, true, true)
        _ = try insert(socket, call.state)
      } catch {
        call.state.sockets = []
        call.state.complaints.append("cannot listen as \(rule) says: \(String(cString: strerror(Int32(error.number))))")
        throw error
      }
    }
    call.state.given = UInt64(call.state.sockets.count)
    return UInt64(call.state.sockets.count)
  }
}
