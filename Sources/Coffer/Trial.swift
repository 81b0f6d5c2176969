import EdgeCalls
import KVMMachine
import Machine
import Monitor
import TrustletImage

extension TrustletImage {
  public var machineConfiguration: MachineConfiguration {
    MachineConfiguration(
      regions: regions.map { region in
        MachineRegion(
          address: region.address, size: region.size, sizeLimit: region.sizeLimit,
          rights: MemoryRights(rawValue: UInt8(truncatingIfNeeded: region.rights.rawValue)),
          contents: region.contents.isEmpty ? .zero : .bytes(Array(contents(of: region))))
      }, machinePage: machinePages.first { $0.machine == "kvm" }?.bytes ?? [], entry: entry, stackPointer: stackPointer)
  }
}

public func trial(_ image: TrustletImage, arguments: [String]) throws -> String {
  let service = try EdgeService(EdgeServiceConfiguration(arguments: arguments))
  let machine = try KVMMachine(image.machineConfiguration)
  var pending: [TrustletCommand] = []
  if let start = image.export("_start") { pending.append(.call(entryPoint: start.entryPoint, arguments: [])) }
  let payload = try service.configurationPayload(
    counterFrequency: machine.counterFrequency, firstCommand: TrustletCommand.instantiate(instance: 0).encoded() ?? [])
  try machine.withMemory(at: MemoryMap.edgeWindow + EdgeWindow.payloadOffset, count: payload.count) { $0.copyBytes(from: payload) }
  while true {
    let exit = try machine.run()
    guard exit == .edgeCall else { return "\(exit)" }
    let done: String? = try machine.withMemory(at: MemoryMap.edgeWindow, count: Int(MemoryMap.edgeWindowSize)) { window in
      switch service.serve(window: window) {
      case .answered: return nil
      case .exit(let status): return "exit \(status)"
      case .trap(let report):
        return "trap \(report) \(String(describing: image.describe(address: report.instruction))) fault \(String(machine.faultAddress ?? 0, radix: 16))"
      case .nextCommand(let status, let slots):
        if pending.isEmpty { return "finished \(status) \(slots)" }
        service.answer(window: window, payload: pending.removeFirst().encoded() ?? [])
        return nil
      case .grow(let memory, let size):
        try machine.grow(region: MemoryMap.linearMemory(memory), to: size)
        service.answer(window: window)
        return nil
      case .abort(let message): return "abort \(message)"
      }
    }
    if let done { return done }
  }
}
