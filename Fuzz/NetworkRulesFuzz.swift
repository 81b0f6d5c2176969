// sources: Sources/NetworkRules
// seed: 636f6e6e6563743a6578616d706c652e6f72673a343433
// seed: 68747470733a2f2f6578616d706c652e6f7267
// seed: 6c697374656e3a5b3a3a315d3a383030302d38303939
// seed: 7564703a31302e302e302e302f383a2a
// seed: 323030313a6462383a3a313a302f3634
import NetworkRules

/// A rule, an address or a name as anyone may write it: an error, or a value with one spelling, which is the same value again.
@_cdecl("LLVMFuzzerTestOneInput")
public func readRules(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  if let rule = try? NetworkRule(text) {
    precondition((try? NetworkRule(rule.description)) == rule, "another spelling is another rule")
    precondition(rule.covers(rule) || rule.ports.isEmpty, "a rule does not cover itself")
  }
  if let address = IPAddress(text) {
    precondition(IPAddress(address.description) == address, "another spelling is another address")
    precondition(!(address.isPublic && (address.isLoopback || address.isUnspecified)), "a public address of the host itself")
  }
  if let network = IPNetwork(text) {
    precondition(network.contains(network.address) && network.contains(network), "a network without its address")
  }
  if let name = HostName(text) {
    precondition(HostName(name.description) == name && IPAddress(name.description) == nil, "a name that is an address")
  }
  return 0
}
