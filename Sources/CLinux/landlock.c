#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Written out here because the headers of a distribution lag behind the kernel it runs.
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#ifndef __NR_landlock_add_rule
#define __NR_landlock_add_rule 445
#endif
#ifndef __NR_landlock_restrict_self
#define __NR_landlock_restrict_self 446
#endif

struct ruleset_attributes {
  uint64_t file_access;
  uint64_t network_access;
  uint64_t scoped;
};

struct path_beneath {
  uint64_t allowed_access;
  int32_t parent;
} __attribute__((packed));

enum {
  CREATE_RULESET_VERSION = 1,
  RULE_PATH_BENEATH = 1,
  FILE_EXECUTE = 1 << 0,
  FILE_WRITE = 1 << 1,
  FILE_READ = 1 << 2,
  DIRECTORY_READ = 1 << 3,
  REMOVE_FILE = 1 << 5,
  MAKE_FILE = 1 << 8,
  FILE_ACCESS_1 = (1 << 13) - 1,
  FILE_REFER = 1 << 13,
  FILE_TRUNCATE = 1 << 14,
  FILE_DEVICE_CONTROL = 1 << 15,
  NETWORK_BIND_CONNECT = 3,
  SCOPE_ABSTRACT_SOCKET_AND_SIGNAL = 3,
};

int coffer_landlock_version(void) {
  long version = syscall(__NR_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
  return version < 1 ? 0 : (int)version;
}

static int add_rule(int ruleset, const struct coffer_path_rule *rule, uint64_t known_access) {
  int path = open(rule->path, O_PATH | O_CLOEXEC);
  // What this process cannot reach the confined one could not either.
  if (path < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
  struct stat status;
  if (fstat(path, &status) != 0) {
    close(path);
    return -1;
  }
  struct path_beneath beneath = {.parent = path};
  if (rule->access & COFFER_PATH_READ) beneath.allowed_access |= FILE_READ;
  if (rule->access & COFFER_PATH_EXECUTE) beneath.allowed_access |= FILE_EXECUTE;
  // The kernel refuses directory rights on a file.
  if ((rule->access & COFFER_PATH_READ) && S_ISDIR(status.st_mode)) beneath.allowed_access |= DIRECTORY_READ;
  if ((rule->access & COFFER_PATH_WRITE) && S_ISDIR(status.st_mode))
    beneath.allowed_access |= (FILE_WRITE | REMOVE_FILE | MAKE_FILE | FILE_TRUNCATE) & known_access;
  long result = syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &beneath, 0);
  int error = errno;
  close(path);
  errno = error;
  return result == 0 ? 0 : -1;
}

int coffer_landlock_ruleset(const struct coffer_path_rule *rules, unsigned rule_count) {
  int version = coffer_landlock_version();
  struct ruleset_attributes attributes = {.file_access = FILE_ACCESS_1};
  size_t size = sizeof attributes.file_access;
  if (version >= 2) attributes.file_access |= FILE_REFER;
  if (version >= 3) attributes.file_access |= FILE_TRUNCATE;
  if (version >= 4) {
    attributes.network_access = NETWORK_BIND_CONNECT;
    size += sizeof attributes.network_access;
  }
  if (version >= 5) attributes.file_access |= FILE_DEVICE_CONTROL;
  if (version >= 6) {
    attributes.scoped = SCOPE_ABSTRACT_SOCKET_AND_SIGNAL;
    size += sizeof attributes.scoped;
  }
  int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attributes, size, 0);
  if (ruleset < 0) return -1;
  for (unsigned i = 0; i < rule_count; i++) {
    if (add_rule(ruleset, &rules[i], attributes.file_access) == 0) continue;
    int error = errno;
    close(ruleset);
    errno = error;
    return -1;
  }
  return ruleset;
}

int coffer_landlock_restrict_self(int ruleset) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return syscall(__NR_landlock_restrict_self, ruleset, 0) == 0 ? 0 : -1;
}
