#define _GNU_SOURCE
#include "lockdown.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define SEPARATE (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)

static int result(long value) { return value < 0 ? -errno : 0; }

/// In a new user namespace: this user, who is nobody's root there. Without a name no file system can be mounted.
static int name_user(uid_t user, gid_t group) {
  char line[64];
  int length = snprintf(line, sizeof line, "65534 %u 1\n", user);
  int map = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  if (map < 0) return -errno;
  int written = result(write(map, line, (size_t)length));
  close(map);
  if (written != 0) return written;
  int groups = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
  if (groups >= 0) {
    if (write(groups, "deny", 4) != 4) length = 0;
    close(groups);
  }
  length = snprintf(line, sizeof line, "65534 %u 1\n", group);
  map = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
  if (map < 0) return -errno;
  written = result(write(map, line, (size_t)length));
  close(map);
  return written;
}

int coffer_lock_namespaces(bool network) {
  int separate = SEPARATE | (network ? CLONE_NEWNET : 0);
  if (unshare(separate) == 0) return 0;
  uid_t user = geteuid();
  gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | separate) != 0) return -errno;
  // Without names there are the namespaces all the same.
  (void)name_user(user, group);
  return 0;
}

int coffer_lock_files(void) {
  // Nothing that is mounted here shows elsewhere.
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -errno;
  static const char *const places[] = {"/proc", "/sys", "/tmp", "/dev"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    if (mount("none", places[i], "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,nr_inodes=2,mode=555") != 0) continue;
    if (chdir(places[i]) != 0) return -errno;
    if (syscall(SYS_pivot_root, ".", ".") != 0) return -errno;
    if (umount2(".", MNT_DETACH) != 0) return -errno;
    if (chdir("/") != 0) return -errno;
    return result(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  }
  return -errno;
}

int coffer_lock_user(uint32_t user) {
  int signal = 0;
  (void)prctl(PR_GET_PDEATHSIG, &signal);
  if (setgroups(0, NULL) != 0) return -errno;
  if (setresgid(user, user, user) != 0) return -errno;
  if (setresuid(user, user, user) != 0) return -errno;
  // Changing the user has taken it back.
  if (signal != 0) (void)prctl(PR_SET_PDEATHSIG, signal);
  return 0;
}

int coffer_lock_user_namespace(void) { return result(unshare(CLONE_NEWUSER)); }

int coffer_lock_capabilities(void) {
  for (int number = 0; prctl(PR_CAPBSET_READ, number) >= 0; number++) (void)prctl(PR_CAPBSET_DROP, number);
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
  memset(none, 0, sizeof none);
  return result(syscall(SYS_capset, &header, none));
}

int coffer_lock_limits(uint64_t descriptors) {
  struct rlimit none = {0, 0}, files;
  if (setrlimit(RLIMIT_CORE, &none) != 0) return -errno;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return -errno;
  if (files.rlim_max > descriptors) files.rlim_max = descriptors;
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) return -errno;
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -errno;
  return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int coffer_lock_landlock(bool proc) {
  struct coffer_path_rule rule = {.path = "/proc", .access = COFFER_PATH_READ};
  int ruleset = coffer_landlock_ruleset(&rule, proc ? 1 : 0);
  if (ruleset < 0) return -errno;
  int done = result(coffer_landlock_restrict_self(ruleset));
  close(ruleset);
  return done;
}

int coffer_lock_attempt(enum coffer_attempt attempt, int victim, int unconnected) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0coffer"};
  char word[8] = {0};
  struct iovec here = {word, sizeof word}, there = {word, sizeof word};
  struct rlimit limit = {1 << 20, 1 << 20};
  char *const arguments[] = {"true", NULL};
  long value = -1;
  errno = 0;
  switch (attempt) {
    case COFFER_ATTEMPT_OPEN: value = open("/", O_RDONLY | O_CLOEXEC); break;
    case COFFER_ATTEMPT_SOCKET: value = socket(AF_INET, SOCK_STREAM, 0); break;
    case COFFER_ATTEMPT_CONNECT: value = connect(unconnected, (struct sockaddr *)&address, sizeof(sa_family_t) + 7); break;
    case COFFER_ATTEMPT_FASTOPEN:
      // Where it is permitted, it is the address that is refused.
      value = sendto(unconnected, "", 1, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof(sa_family_t) + 7);
      if (value < 0 && errno != EPERM) value = 0;
      break;
    case COFFER_ATTEMPT_BIND: value = bind(unconnected, (struct sockaddr *)&address, sizeof(sa_family_t) + 7); break;
    case COFFER_ATTEMPT_PTRACE: value = ptrace(PTRACE_ATTACH, victim, NULL, NULL); break;
    case COFFER_ATTEMPT_READ_MEMORY: value = process_vm_readv(victim, &here, 1, &there, 1, 0); break;
    case COFFER_ATTEMPT_KILL: value = kill(victim, 0); break;
    case COFFER_ATTEMPT_EXECUTE: value = execve("/bin/true", arguments, arguments + 1); break;
    case COFFER_ATTEMPT_NAMESPACE: value = unshare(CLONE_NEWUSER); break;
    case COFFER_ATTEMPT_MOUNT: value = mount("none", "/", "tmpfs", 0, NULL); break;
    case COFFER_ATTEMPT_BECOME_ROOT: value = setresuid(0, 0, 0); break;
    case COFFER_ATTEMPT_RAISE_LIMIT: value = setrlimit(RLIMIT_NOFILE, &limit); break;
    case COFFER_ATTEMPT_EXECUTABLE_MEMORY:
      value = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
      break;
    case COFFER_ATTEMPT_BPF: value = syscall(SYS_bpf, 0, NULL, 0); break;
    case COFFER_ATTEMPT_URING: value = syscall(SYS_io_uring_setup, 1, NULL); break;
  }
  return result(value);
}
