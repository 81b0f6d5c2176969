import Testing
import WasmFormat

@Test func opcodesFollowTheSpecification() {
  #expect(NumericOperator.i64Extend32S.rawValue == 0xC4)
  #expect(NumericOperator.i64TruncSatF64U.rawValue == 0xFC07)
  #expect(LoadOperator.i64Load32U.rawValue == 0x35)
  #expect(StoreOperator.i64Store32.rawValue == 0x3E)
}
