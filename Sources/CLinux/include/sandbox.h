#ifndef COFFER_SANDBOX_H
#define COFFER_SANDBOX_H

#include <stdint.h>
#include <sys/types.h>

/// What a sandboxed child may do beneath one path. Landlock's access bits are hidden behind two words so that
/// Swift never states a bit that an older kernel does not know.
enum coffer_path_access {
  COFFER_PATH_READ = 1,
  COFFER_PATH_EXECUTE = 2,
  /// Files may be made, written, renamed and removed there: a directory of the program's own.
  COFFER_PATH_WRITE = 4,
};

struct coffer_path_rule {
  const char *path;
  uint32_t access;
};

/// The Landlock version of the running kernel, or 0 where it is missing or switched off.
int coffer_landlock_version(void);

/// 1 where the kernel accepts seccomp filters of this form, else 0.
int coffer_seccomp_available(void);

/// A Landlock ruleset that denies every file access, TCP, abstract sockets and signals that leave the sandbox, save
/// for the given paths. A path that does not exist is left out. Returns a close-on-exec descriptor usable for any
/// number of children, or -1 with errno.
int coffer_landlock_ruleset(const struct coffer_path_rule *rules, unsigned rule_count);

/// Puts the calling thread, and every process and thread it starts from now on, behind a ruleset for good. 0, or -1 with errno.
int coffer_landlock_restrict_self(int ruleset);

/// Keeps the calling thread, and every process and thread it starts from now on, from what no build asks for (connections, namespaces, tracing, mounts, further
/// kernel interfaces) for good. 0, or -1 with errno.
int coffer_refuse_system_calls(void);

/// How far a child got before it failed; 0 when it was executed.
enum coffer_spawn_step {
  COFFER_STEP_EXECUTED = 0,
  COFFER_STEP_CLONE,
  COFFER_STEP_SESSION,
  COFFER_STEP_PARENT_DEATH,
  COFFER_STEP_DIRECTORY,
  COFFER_STEP_DESCRIPTORS,
  COFFER_STEP_LIMITS,
  COFFER_STEP_NO_NEW_PRIVILEGES,
  COFFER_STEP_LANDLOCK,
  COFFER_STEP_SECCOMP,
  COFFER_STEP_EXECUTE,
};

/// Limits of one child, which it cannot raise; 0 leaves one as it is.
struct coffer_limits {
  uint64_t address_space; ///< bytes
  uint64_t cpu_seconds;
  uint64_t file_size; ///< bytes, of any file written, memory files included
  uint64_t stack;     ///< bytes
  uint64_t descriptors;
};

struct coffer_spawn {
  const char *program;
  char *const *arguments;
  char *const *environment;
  const char *directory;
  /// The child's descriptors 0, 1, 2 and on; it gets no others.
  const int *descriptors;
  unsigned descriptor_count;
  struct coffer_limits limits;
  /// From coffer_landlock_ruleset, or -1 for none.
  int landlock_ruleset;
  /// Not 0: lock the child behind the system-call filter.
  int filter_system_calls;
  /// More than 0: the program itself, from coffer_program_file; then `program` is only its name.
  int program_file;
};

struct coffer_child {
  pid_t pid;
  int pidfd;
};

/// Starts a program in its own session, killed with the calling thread, and, when asked, behind Landlock and a
/// system-call filter. The calling thread has to outlive the child: the kernel's parent-death signal is tied to it.
/// Safe in a threaded process: between clone and execve only async-signal-safe calls are made.
/// Returns COFFER_STEP_EXECUTED and fills in the child, or the failed step with errno set; then no child is left.
int coffer_spawn_sandboxed(const struct coffer_spawn *spawn, struct coffer_child *child);

/// How a child ended.
struct coffer_exit {
  int signaled;
  int status; ///< exit status, or the signal's number
  uint64_t cpu_microseconds;
};

/// Reaps the child behind a pidfd. Returns 1 when it has ended, 0 when it still runs (only with wait 0), -1 with errno.
int coffer_reap(int pidfd, int wait, struct coffer_exit *exit);

/// Kills the child and the process group it leads.
void coffer_kill_group(const struct coffer_child *child);

/// An anonymous file in memory, close-on-exec; -1 with errno.
int coffer_memory_file(const char *name);

/// The same for a program that is to be started from it; `coffer_memory_file_seal` is to come before.
int coffer_program_file(const char *name);

/// Processors this process may run on, at least 1.
int coffer_processor_count(void);

#endif
