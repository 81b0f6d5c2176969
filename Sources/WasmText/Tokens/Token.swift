/// A token of the text format (specification 6.3.1), as a range of the source.
struct Token: Sendable {
  enum Kind: UInt8, Sendable {
    case open, close
    /// A keyword, a number, or a run of identifier characters that is neither: only the place decides.
    case atom
    case identifier
    case string
    /// Characters that no rule allows, such as a string that touches an atom.
    case reserved
    /// Follows the last token, so that looking ahead needs no special case.
    case end
  }

  var start: UInt32
  var end: UInt32
  /// For `open`: the index of the token that closes it.
  var partner: UInt32 = 0
  var kind: Kind
}
