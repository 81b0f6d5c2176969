import GRDB

/// The database's tables. A version is never changed once it was released: a new one is added behind it.
enum StoreSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: tenants, tokens, functions, revisions, builds") { database in
      try database.execute(sql: """
        CREATE TABLE tenants (name TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT;
        CREATE TABLE tokens (
          id TEXT PRIMARY KEY, hash TEXT NOT NULL, tenant TEXT REFERENCES tenants (name) ON DELETE CASCADE, role TEXT NOT NULL,
          note TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
        CREATE TABLE functions (
          name TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants (name), version INTEGER NOT NULL, deployment INTEGER NOT NULL,
          created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
        CREATE TABLE revisions (
          function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, measurement TEXT NOT NULL, number INTEGER NOT NULL,
          deployment INTEGER NOT NULL, origin TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, settings TEXT NOT NULL,
          created INTEGER NOT NULL, percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100), PRIMARY KEY (function, measurement)) STRICT;
        CREATE INDEX revisionsByFile ON revisions (file);
        CREATE TABLE builds (
          function TEXT PRIMARY KEY REFERENCES functions (name) ON DELETE CASCADE, deployment INTEGER NOT NULL, source TEXT NOT NULL UNIQUE,
          settings TEXT NOT NULL) STRICT;
        CREATE TABLE versions (last INTEGER NOT NULL) STRICT;
        INSERT INTO versions VALUES (0);
        """)
    }
    migrator.registerMigration("2: limits of tenants") { database in
      for limit in ["concurrency", "memory", "processorTime"] {
        try database.execute(sql: "ALTER TABLE tenants ADD COLUMN \(limit) INTEGER NOT NULL DEFAULT 0")
      }
    }
    migrator.registerMigration("3: revisions that have served") { database in
      // Of those from before nobody knows; they were taken for such.
      try database.execute(sql: "ALTER TABLE revisions ADD COLUMN served INTEGER NOT NULL DEFAULT 1")
    }
    return migrator
  }
}
