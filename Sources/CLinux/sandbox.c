#define _GNU_SOURCE
#include "sandbox.h"
#include "system_call_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_landlock_restrict_self
#define __NR_landlock_restrict_self 446
#endif
/// CLOSE_RANGE_CLOEXEC
#define CLOSE_ON_EXECUTION 4U
#ifndef MFD_EXEC
#define MFD_EXEC 16U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

enum { P_PIDFD_TYPE = 3, CHILD_STACK = 32 * 1024, KERNEL_SIGNAL_SET = 8 };

/// Shared by the parent and the child, which has the parent's memory until it executes.
struct attempt {
  const struct coffer_spawn *spawn;
  struct coffer_system_call_filter filter;
  pid_t parent;
  uint64_t signal_mask;
  int step;
  int error;
};

static int set_limit(int resource, uint64_t value, uint64_t grace) {
  struct rlimit limit = {value, value + grace};
  if (value == 0) return 0;
  if (setrlimit(resource, &limit) == 0) return 0;
  // Where the hard limit is lower already, the child is held tighter than asked.
  if (errno != EPERM || getrlimit(resource, &limit) != 0) return -1;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(resource, &limit);
}

static int set_limits(const struct coffer_limits *limits) {
  struct rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
  if (set_limit(RLIMIT_AS, limits->address_space, 0) != 0) return -1;
  // A second to end by SIGXCPU, which says why, before SIGKILL.
  if (set_limit(RLIMIT_CPU, limits->cpu_seconds, 1) != 0) return -1;
  if (set_limit(RLIMIT_FSIZE, limits->file_size, 0) != 0) return -1;
  if (set_limit(RLIMIT_STACK, limits->stack, 0) != 0) return -1;
  return set_limit(RLIMIT_NOFILE, limits->descriptors, 0);
}

static void default_signals(void) {
  for (int number = 1; number < 65; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigaction(number, &action, NULL);
  }
}

/// Puts the descriptors at 0, 1, 2 and on. They are lifted above every target first, so that none is overwritten
/// before it is placed.
static int place_descriptors(const struct coffer_spawn *spawn) {
  int lifted[COFFER_MAXIMUM_DESCRIPTORS];
  if (spawn->descriptor_count > COFFER_MAXIMUM_DESCRIPTORS) {
    errno = EMFILE;
    return -1;
  }
  for (unsigned i = 0; i < spawn->descriptor_count; i++) {
    lifted[i] = fcntl(spawn->descriptors[i], F_DUPFD_CLOEXEC, (int)spawn->descriptor_count);
    if (lifted[i] < 0) return -1;
  }
  for (unsigned i = 0; i < spawn->descriptor_count; i++)
    if (dup2(lifted[i], (int)i) < 0) return -1;
  return 0;
}

static int fail(struct attempt *attempt, int step) {
  attempt->step = step;
  attempt->error = errno;
  return 127;
}

static int child_main(void *argument) {
  struct attempt *attempt = argument;
  const struct coffer_spawn *spawn = attempt->spawn;
  if (setsid() < 0) return fail(attempt, COFFER_STEP_SESSION);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail(attempt, COFFER_STEP_PARENT_DEATH);
  if (getppid() != attempt->parent) {
    errno = ESRCH;
    return fail(attempt, COFFER_STEP_PARENT_DEATH);
  }
  default_signals();
  if (chdir(spawn->directory) != 0) return fail(attempt, COFFER_STEP_DIRECTORY);

  int ruleset = -1;
  if (spawn->landlock_ruleset >= 0) {
    ruleset = fcntl(spawn->landlock_ruleset, F_DUPFD_CLOEXEC, (int)spawn->descriptor_count);
    if (ruleset < 0) return fail(attempt, COFFER_STEP_DESCRIPTORS);
  }
  int program = -1;
  if (spawn->program_file > 0) {
    // Above every target, as the others; closed by the execution itself.
    program = fcntl(spawn->program_file, F_DUPFD_CLOEXEC, (int)spawn->descriptor_count);
    if (program < 0) return fail(attempt, COFFER_STEP_DESCRIPTORS);
  }
  if (place_descriptors(spawn) != 0) return fail(attempt, COFFER_STEP_DESCRIPTORS);
  if (set_limits(&spawn->limits) != 0) return fail(attempt, COFFER_STEP_LIMITS);
  if (ruleset >= 0 || spawn->filter_system_calls) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(attempt, COFFER_STEP_NO_NEW_PRIVILEGES);
  }
  if (ruleset >= 0 && syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
    return fail(attempt, COFFER_STEP_LANDLOCK);
  if (syscall(__NR_close_range, spawn->descriptor_count, ~0U, program < 0 ? 0 : CLOSE_ON_EXECUTION) != 0)
    return fail(attempt, COFFER_STEP_DESCRIPTORS);
  syscall(__NR_rt_sigprocmask, SIG_SETMASK, &(uint64_t){0}, NULL, KERNEL_SIGNAL_SET);
  if (spawn->filter_system_calls && coffer_system_call_filter_install(&attempt->filter) != 0)
    return fail(attempt, COFFER_STEP_SECCOMP);
  if (program >= 0)
    syscall(__NR_execveat, program, "", spawn->arguments, spawn->environment, AT_EMPTY_PATH);
  else
    execve(spawn->program, spawn->arguments, spawn->environment);
  return fail(attempt, COFFER_STEP_EXECUTE);
}

int coffer_spawn_sandboxed(const struct coffer_spawn *spawn, struct coffer_child *child) {
  _Alignas(16) unsigned char stack[CHILD_STACK];
  struct attempt attempt = {.spawn = spawn, .parent = getpid(), .step = COFFER_STEP_EXECUTED};
  coffer_system_call_filter_build(&attempt.filter);

  // Every signal is held back, those that the C library keeps for itself too: a handler must not run in the child,
  // on the small stack and in the parent's memory.
  uint64_t all = ~(uint64_t)0;
  syscall(__NR_rt_sigprocmask, SIG_SETMASK, &all, &attempt.signal_mask, KERNEL_SIGNAL_SET);
  int pidfd = -1;
  pid_t pid = clone(child_main, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &attempt, &pidfd);
  int clone_error = errno;
  syscall(__NR_rt_sigprocmask, SIG_SETMASK, &attempt.signal_mask, NULL, KERNEL_SIGNAL_SET);

  if (pid < 0) {
    errno = clone_error;
    return COFFER_STEP_CLONE;
  }
  if (attempt.step != COFFER_STEP_EXECUTED) {
    struct coffer_exit ignored;
    coffer_reap(pidfd, 1, &ignored);
    close(pidfd);
    errno = attempt.error;
    return attempt.step;
  }
  child->pid = pid;
  child->pidfd = pidfd;
  return COFFER_STEP_EXECUTED;
}

int coffer_reap(int pidfd, int wait, struct coffer_exit *exit) {
  siginfo_t info;
  struct rusage usage;
  long result;
  memset(&info, 0, sizeof info);
  memset(&usage, 0, sizeof usage);
  do {
    result = syscall(__NR_waitid, P_PIDFD_TYPE, pidfd, &info, WEXITED | (wait ? 0 : WNOHANG), &usage);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return -1;
  if (info.si_pid == 0) return 0;
  exit->signaled = info.si_code != CLD_EXITED;
  exit->status = info.si_status;
  exit->cpu_microseconds = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  return 1;
}

void coffer_kill_group(const struct coffer_child *child) { kill(-child->pid, SIGKILL); }

int coffer_memory_file(const char *name) {
  int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create(name, MFD_CLOEXEC);
  return descriptor;
}

int coffer_program_file(const char *name) {
  int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return descriptor;
}

int coffer_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count < 1 ? 1 : count;
}
