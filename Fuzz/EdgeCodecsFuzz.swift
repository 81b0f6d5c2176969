// sources: Sources/CLinux Sources/EdgeCalls Sources/Machine Sources/Monitor Sources/LibOS
// sanitize: address
// seed: 00612f2e2e2f62
// seed: 0102000000050000000100000000000000010000000000000000000000000000ff
// seed: 0203410062433d3100
import EdgeCalls

@testable import LibOS
@testable import Monitor

/// What one side of the edge writes, the other reads as it was meant; what neither would write, is refused. The first byte says what the
/// others are: 0 a path, 1 a command, 2 arguments and environment.
@_cdecl("LLVMFuzzerTestOneInput")
public func exchange(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let kind = input.first else { return 0 }
  let rest = Array(input.dropFirst())
  switch kind {
  case 0: checkPath(rest)
  case 1: checkCommand(rest)
  case 2: checkSettings(rest)
  default: break
  }
  return 0
}

/// Against the rules said another way: no prefix of the path may have more ".." than names.
private func checkPath(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: UInt8(ascii: "/")).filter { $0 != [46] }
  let climbs = parts.indices.contains { (end: Int) -> Bool in
    let prefix = parts[...end]
    let parents = prefix.filter { $0 == [46, 46] }.count
    return parents > prefix.count - parents
  }
  let isAllowed = !bytes.isEmpty && bytes.count <= 4095 && !bytes.contains(0) && bytes.first != UInt8(ascii: "/") && !climbs
  precondition(((try? RelativePath(bytes)) != nil) == isAllowed, "a path is judged otherwise than the rules say")
}

private func checkCommand(_ bytes: [UInt8]) {
  if let command = HostCommand(bytes) {
    precondition(command.slots.count == Int(command.slotCount) * Int(Command.slotSize), "slots are cut off")
    precondition(bytes.count == Int(Command.slotsOffset) + command.slots.count, "bytes were left over")
  }
  let slots = bytes.map { CommandSlot(low: UInt64($0) &* 0x0101_0101_0101_0101, high: UInt64($0)) }
  guard let encoded = TrustletCommand.call(entryPoint: UInt32(bytes.count), arguments: slots).encoded() else {
    precondition(slots.count > Int(Command.slotLimit), "a command was refused")
    return
  }
  guard let read = HostCommand(encoded) else { preconditionFailure("the guest refuses what the host writes") }
  precondition(read.kind == .call && read.operand == UInt32(bytes.count) && read.slotCount == UInt32(slots.count))
  precondition(read.slots == Array(encoded.dropFirst(Int(Command.slotsOffset))), "slots differ")
}

private func checkSettings(_ bytes: [UInt8]) {
  var payload = bytes
  let manifest = little([GuestManifest.magic, 15, 0, 0, 0, 0, .max, 0])
  read(&payload, manifest) { _ in }
  let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  do {
    let service = try EdgeService(
      EdgeServiceConfiguration(streams: .init(input: nil, output: nil, errors: nil), arguments: ["name"] + arguments))
    guard let command = TrustletCommand.end.encoded() else { preconditionFailure("no command") }
    payload = try service.configurationPayload(counterFrequency: 7, firstCommand: command)
    var accepted = false
    read(&payload, manifest) { settings in
      accepted = true
      precondition(settings.counterFrequency == 7, "the frequency differs")
      precondition(settings.arguments.map { Array($0) } == (["name"] + arguments).map { Array($0.utf8) }, "arguments differ")
    }
    precondition(accepted, "the guest refuses what the host writes")
  } catch {}
}

private func read(_ payload: inout [UInt8], _ manifest: [UInt8], _ check: (ProgramSettings) -> Void) {
  var manifest = manifest
  payload.withUnsafeMutableBytes { payload in
    manifest.withUnsafeMutableBytes { manifest in
      guard let first = payload.baseAddress, let second = manifest.baseAddress else { return }
      let settings = try? ProgramSettings(
        payload: MemoryRegion(base: first, count: UInt64(payload.count)),
        manifest: MemoryRegion(base: second, count: UInt64(manifest.count)))
      if let settings { check(settings) }
    }
  }
}

private func little(_ words: [UInt32]) -> [UInt8] {
  words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}
