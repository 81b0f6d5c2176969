import GRDB

/// The database's tables. A version is never changed once it was released: a new one is added behind it.
enum BrokerSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: tenants, tokens, resources, counters, audit log") { database in
      try database.execute(sql: """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
        CREATE TABLE tenants (
          name TEXT PRIMARY KEY, created INTEGER NOT NULL, resources INTEGER NOT NULL, bytes INTEGER NOT NULL, requests INTEGER NOT NULL) STRICT;
        CREATE TABLE tokens (
          id TEXT PRIMARY KEY, hash TEXT NOT NULL, tenant TEXT REFERENCES tenants (name) ON DELETE CASCADE, role TEXT NOT NULL,
          note TEXT NOT NULL, created INTEGER NOT NULL, authenticator BLOB NOT NULL) STRICT;
        CREATE TABLE resources (
          tenant TEXT NOT NULL REFERENCES tenants (name), name TEXT NOT NULL, version INTEGER NOT NULL, size INTEGER NOT NULL,
          content BLOB NOT NULL, policy TEXT, updated INTEGER NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
        CREATE TABLE counters (
          tenant TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, authenticator BLOB NOT NULL, PRIMARY KEY (tenant, name),
          FOREIGN KEY (tenant, name) REFERENCES resources (tenant, name) ON DELETE CASCADE) STRICT;
        CREATE TABLE audit (number INTEGER PRIMARY KEY, entry BLOB NOT NULL, hash BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
        CREATE TRIGGER auditIsNotChanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
        CREATE TRIGGER auditIsNotDeleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
        """)
    }
    return migrator
  }
}
