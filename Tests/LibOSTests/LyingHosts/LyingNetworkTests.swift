import Testing

@Suite struct LyingNetworkTests {
  /// Fuzz/InstanceNetworkFuzz.swift goes on where this ends.
  @Test(arguments: 0..<20) func noLieAboutTheNetworkIsBelieved(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    for _ in 0..<200 {
      let bytes = (0..<2000).map { _ -> UInt8 in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 32)
      }
      #expect(LyingNetwork.problem(with: bytes) == nil)
    }
  }
}
