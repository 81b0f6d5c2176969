import Machine

/// A machine and the doorbell and the watch that stay with it from one trustlet to the next.
final class Resident {
  let machine: any Machine
  private(set) var doorbell: Doorbell?
  private(set) lazy var watch = Watch()

  init(_ machine: any Machine) { self.machine = machine }

  deinit { doorbell?.close() }

  /// - Returns: Whether the machine has a doorbell, and somebody who hears it.
  func openDoorbell() -> Bool {
    // What has none, or cannot be given one for want of descriptors, makes all calls by blocking exits.
    if doorbell == nil, let opened = try? machine.openDoorbell() { doorbell = Doorbell(opened) }
    return doorbell != nil
  }

  /// While the body runs nobody else serves the guest's calls.
  func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let doorbell else { return try body() }
    return try doorbell.alone(body)
  }
}
