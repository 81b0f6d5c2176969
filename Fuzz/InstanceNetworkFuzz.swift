// sources: Sources/EdgeCalls Sources/LibOS Sources/InstanceNetwork
// with: Tests/LibOSTests/Harness/TestMachine.swift Tests/LibOSTests/LyingHosts/LyingNetwork.swift
// sanitize: address
// seed: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
import EdgeCalls

/// A hostile host and a hostile program against the network inside a trustlet.
@_cdecl("LLVMFuzzerTestOneInput")
public func lieAboutTheNetwork(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  if let problem = LyingNetwork.problem(with: [UInt8](UnsafeBufferPointer(start: data, count: count))) { preconditionFailure(problem) }
  return 0
}
