import DurableDatabase

/// The node's database.
typealias NodeDatabase = DurableDatabase<StoreError>

extension DurableDatabase<StoreError> {
  /// How long another program may hold the database before it is an error, in seconds.
  static var patience: Double { 5 }

  init(path: String, patience: Double = patience) throws(StoreError) {
    try self.init(path: path, label: "node", patience: patience, schema: StoreSchema.migrator)
  }
}

extension StoreError: DatabaseKeeperError {
  public init(database failure: DatabaseFailure, _ message: String) {
    let code: Code =
      switch failure {
      case .diskFull: .diskFull
      case .locked: .locked
      case .damaged, .newer, .unexpected: .unusable
      case .fileSystem: .fileSystem
      }
    self.init(code, message)
  }
}
