/// How much a tenant may have of what is shared, where nobody said: an idle node's nearly whole, and yet never all of it.
///
/// It may have as many times what is left free behind it as ``part`` says. A tenant that is alone has fifteen sixteenths; the next one fifteen sixteenths of the
/// rest; and whatever others have, who has nothing finds one place as long as there is any. As calls end, what a tenant has beyond its share is not given to it
/// again, and who has had least is served first: two that ask for all have half of it each.
enum FairShare {
  static let part = 15

  /// - Parameters:
  ///   - own: what the tenant has of `used`.
  ///   - limit: what there is.
  /// - Returns: how much it may have beside that.
  static func room(own: Int, used: Int, limit: Int) -> Int {
    let free = max(limit - used, 0)
    let share = max((part * free - own) / (part + 1), 0)
    return own == 0 ? max(share, min(free, 1)) : share
  }
}
