/// Tells a word of the language in the wrong place from a word that the language does not have.
enum Vocabulary {
  static func knows(_ word: ArraySlice<UInt8>) -> Bool {
    if keywords.contains(Spelling(word)) || Mnemonics.table[Spelling(word)] != nil { return true }
    if IntegerLiteral(word) != nil || FloatLiteral(word) != nil { return true }
    return ["offset=", "align="].contains { prefix in
      word.starts(with: prefix.utf8) && IntegerLiteral(word.dropFirst(prefix.utf8.count))?.isNatural == true
    }
  }

  /// Those that name no instruction.
  private static let keywords = Set(
    """
    module type func param result local import export memory table global elem data start offset item declare mut
    then else end nan:canonical nan:arithmetic i32 i64 f32 f64 v128 funcref externref extern
    i8x16 i16x8 i32x4 i64x2 f32x4 f64x2
    tag exnref exn catch catch_ref catch_all catch_all_ref
    binary quote definition instance register invoke get assert_return assert_trap assert_exhaustion assert_exception
    assert_malformed assert_invalid assert_unlinkable either ref.extern
    """.split(whereSeparator: \.isWhitespace).map { Spelling($0) })
}
