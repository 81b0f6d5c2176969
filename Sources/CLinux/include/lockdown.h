#ifndef COFFER_LOCKDOWN_H
#define COFFER_LOCKDOWN_H

#include <stdbool.h>
#include <stdint.h>

/// Ways in which a process gives up for ever what it does not need, before it has a second thread. Every function returns 0 or the
/// negative error number; one that fails leaves the process as free as it was.

/// Own mount, IPC and UTS namespaces. As root they belong to the user namespace that there is; others get one of their own with them.
/// - Parameter network: also one of the network.
int coffer_lock_namespaces(bool network);
/// In an own mount namespace: nothing but an empty directory that nobody can write is left of the file system.
int coffer_lock_files(void);
/// No user of the system, without groups; only as root. The death of the parent's thread still ends this process if it did before.
int coffer_lock_user(uint32_t user);
/// A user namespace of its own without anybody in it.
int coffer_lock_user_namespace(void);
/// No capability, also none that a program could give back.
int coffer_lock_capabilities(void);
/// No core dump, so many descriptors at most, no look at this process by others of the same user, no new privileges.
int coffer_lock_limits(uint64_t descriptors);
/// No file can be opened, no address bound or connected to (Landlock). - Parameter proc: but /proc can be read.
int coffer_lock_landlock(bool proc);
/// Only the system calls that a monitor process makes once it serves; all others fail. - Parameter processes: it starts trustlets that are
/// processes, which are held by the same filter.
int coffer_lock_system_calls(bool processes);
/// Only the system calls of a process that carries bytes between two connections which it has already; all others fail.
int coffer_lock_gate_system_calls(void);

/// Tries what a locked process cannot do.
enum coffer_attempt {
  COFFER_ATTEMPT_OPEN,
  COFFER_ATTEMPT_SOCKET,
  COFFER_ATTEMPT_CONNECT,
  /// By sending: what has been connected and is not any more would be again.
  COFFER_ATTEMPT_FASTOPEN,
  COFFER_ATTEMPT_BIND,
  COFFER_ATTEMPT_PTRACE,
  COFFER_ATTEMPT_READ_MEMORY,
  COFFER_ATTEMPT_KILL,
  COFFER_ATTEMPT_EXECUTE,
  COFFER_ATTEMPT_NAMESPACE,
  COFFER_ATTEMPT_MOUNT,
  COFFER_ATTEMPT_BECOME_ROOT,
  COFFER_ATTEMPT_RAISE_LIMIT,
  COFFER_ATTEMPT_EXECUTABLE_MEMORY,
  COFFER_ATTEMPT_BPF,
  COFFER_ATTEMPT_URING,
};
/// 0 where it could be done, or the negative error number of its refusal.
/// - Parameter victim: another process of the same user.
int coffer_lock_attempt(enum coffer_attempt attempt, int victim, int unconnected);

#endif
