import DurableDatabase

/// The broker's database.
typealias BrokerDatabase = DurableDatabase<BrokerError>

extension DurableDatabase<BrokerError> {
  /// - Parameter isExclusive: whether no other program can open the database meanwhile.
  init(path: String, isExclusive: Bool = false) throws(BrokerError) {
    try self.init(path: path, label: "broker", isExclusive: isExclusive, erases: true, schema: BrokerSchema.migrator)
  }
}

extension BrokerError: DatabaseKeeperError {
  public init(database failure: DatabaseFailure, _ message: String) {
    let code: Code =
      switch failure {
      case .diskFull: .diskFull
      case .locked, .newer: .locked
      case .damaged: .forged
      case .fileSystem, .unexpected: .fileSystem
      }
    self.init(code, message)
  }
}
