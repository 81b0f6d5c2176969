import GRDB
import Glibc

extension FunctionStore {
  /// The administrator's token that lies in the data directory for the commands of this machine's user. Where the file is missing, a new token is
  /// made, and the one of before ends: who may write there has the node anyway.
  /// - Returns: The file's path.
  @discardableResult
  public func provideAdminToken() throws(StoreError) -> String {
    let path = directory.adminToken
    var status = stat()
    if lstat(path, &status) == 0 { return path }
    let text = try change { database, changes in
      for old in try String.fetchAll(database, sql: "SELECT id FROM tokens WHERE note = ?", arguments: [Self.adminNote]) {
        try database.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [old])
        changes.tokens[old] = .some(nil)
      }
      return try Self.insertToken(nil, .admin, Self.adminNote, now, database, &changes).text
    }
    // Behind the transaction: a file whose token nobody knows would stay, a token without its file is replaced at the next start.
    try FileSystem.write(Array("\(text)\n".utf8), to: path, in: directory.path)
    return path
  }

  static let adminNote = "the data directory's admin-token"
}
