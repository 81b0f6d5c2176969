// sources: Sources/CLinux Sources/EdgeCalls Sources/Machine Sources/Monitor Sources/NetworkRules Sources/FunctionCalls
// with: Sources/MonitorProcess/Lines/Bell.swift Sources/MonitorProcess/StartError.swift Sources/MonitorProcess/Lines/ConnectionLine.swift
// with: Sources/MonitorProcess/Network/CarriedNetwork.swift Sources/MonitorProcess/Network/CarriedAddress.swift
// seed: 000f5000093132372e302e302e3101080100000000000000010500
// seed: 000e000001618011010000000000000004000002010101ff0d00001c
// seed: 00020000000404000050007f000000000000000000000000000000000000000000000001080100000000000000020500000c0568656c6c6f0d000008
import CLinux
import EdgeCalls
import FunctionCalls
import Glibc
import Monitor

/// A monitor process's side of its front's connections: whatever an instance asks and a front answers, with a descriptor or without, in any order, is an
/// answer or an error; what is asked of the front is a request; and nothing stays open. Also that a packet has one form.
@_cdecl("LLVMFuzzerTestOneInput")
public func carry(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = [UInt8](UnsafeBufferPointer(start: data, count: count))[...]
  let packet = Array(input)
  if let request = ConnectionRequest(packet) { precondition(request.bytes == packet, "a request of two forms") }
  if let answer = ConnectionAnswer(packet) { precondition(answer.bytes == packet, "an answer of two forms") }
  let before = lowestFreeDescriptor()
  converse(&input)
  precondition(lowestFreeDescriptor() == before, "a descriptor stays")
  return 0
}

private func lowestFreeDescriptor() -> Int32 {
  let descriptor = dup(0)
  close(descriptor)
  return descriptor
}

private func converse(_ input: inout ArraySlice<UInt8>) {
  var ends: (Int32, Int32) = (-1, -1)
  guard withUnsafeMutableBytes(of: &ends, { coffer_packet_ends($0.bindMemory(to: Int32.self).baseAddress) }) == 0 else { return }
  defer { close(ends.1) }
  let line = ConnectionLine(ends.0)
  let network = CarriedNetwork(line, 7)
  var numbers: [UInt32] = []
  // Each step has one byte that says whose it is: the instance's or the front's.
  for _ in 0..<64 {
    guard let who = input.popFirst() else { break }
    if who & 0x80 == 0 { ask(network, &input) } else if !answer(ends.1, line, numbers, who, &input) { break }
    numbers += requests(ends.1)
  }
  network.end()
  precondition(network.watched(0) == nil, "an instance that has ended has a connection")
  // The front says more than anybody wants to hear: all of it is closed.
  for number in numbers.prefix(4) { _ = send(ends.1, ConnectionAnswer(number: number).bytes, descriptor: 0) }
  shutdown(ends.1, Int32(SHUT_WR))
  while line.takeAnswer() == nil {}
  close(ends.0)
}

private func ask(_ network: CarriedNetwork, _ input: inout ArraySlice<UInt8>) {
  guard let operation = NetworkOperation(rawValue: UInt32(input.popFirst() ?? 0) % 18), operation != .wait else { return }
  let handle = UInt64(input.popFirst() ?? 0)
  let argument = UInt64(input.popFirst() ?? 0) << 8 | UInt64(input.popFirst() ?? 0) | UInt64(handle & 1) << 16
  let payload = Array(input.prefix(Int(input.first ?? 0) % 64).dropFirst())
  input = input.dropFirst(payload.count + 1)
  var space = [UInt8](repeating: 0, count: 80)
  space.replaceSubrange(0..<payload.count, with: payload)
  space.withUnsafeMutableBytes { space in
    let reply = network.serve(
      operation, handle: handle, argument: argument, payload: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(space)[..<payload.count]), into: space)
    precondition(reply.length >= 0 && reply.length <= space.count, "more than there is room for")
  }
  if let watch = network.watched(handle) { precondition(watch.descriptor >= 0) }
}

/// - Returns: whether the conversation goes on.
private func answer(_ front: Int32, _ line: ConnectionLine, _ numbers: [UInt32], _ who: UInt8, _ input: inout ArraySlice<UInt8>) -> Bool {
  let count = Int(input.popFirst() ?? 0) % 64
  var bytes = Array(input.prefix(count))
  input = input.dropFirst(count)
  // To what was asked, as a front would.
  if who & 1 != 0, let number = numbers.last {
    let places = bytes.isEmpty ? [] : [ConnectionAnswer.Place(address: [127, 0, 0, bytes[0]], port: 1), .init(address: [127, 0, 0, 1], port: 2)]
    bytes = ConnectionAnswer(number: number, error: who & 2 != 0 ? UInt32(bytes.first ?? 0) : 0, places: places).bytes
  }
  guard !bytes.isEmpty, send(front, bytes, descriptor: who & 4 != 0 ? 0 : -1) else { return true }
  return line.takeAnswer() == nil
}

private func send(_ socket: Int32, _ bytes: [UInt8], descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { coffer_send_with_descriptor(socket, $0.baseAddress, $0.count, descriptor) } == bytes.count
}

/// What the front hears: each a request, and its number.
private func requests(_ front: Int32) -> [UInt32] {
  var (found, space) = ([UInt32](), [UInt8](repeating: 0, count: ConnectionRequest.sizeLimit + 1))
  while true {
    var descriptor: Int32 = -1
    let count = space.withUnsafeMutableBytes { coffer_socket_receive(front, $0.baseAddress, $0.count, 1, &descriptor) }
    precondition(descriptor < 0, "a monitor passes a descriptor")
    guard count > 0 else { return found }
    guard let request = ConnectionRequest(Array(space[..<count])) else { preconditionFailure("no request") }
    precondition(request.kind == .close || request.revision == 7)
    if request.kind != .close { found.append(request.number) }
  }
}
