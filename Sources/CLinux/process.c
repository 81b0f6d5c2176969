#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { P_PIDFD_TYPE = 3 };

// Between vfork and exec only system calls are made: the child has the parent's memory.
static void become(int program, int messages, int slots, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  if (setsid() < 0) return;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
  // The parent may have gone before that.
  if (getppid() != parent) _exit(1);
  int high_program = fcntl(program, F_DUPFD_CLOEXEC, 10);
  int high_messages = fcntl(messages, F_DUPFD_CLOEXEC, 10);
  int high_slots = fcntl(slots, F_DUPFD_CLOEXEC, 10);
  if (high_program < 0 || high_messages < 0 || high_slots < 0) return;
  if (dup2(high_messages, 3) < 0 || dup2(high_slots, 4) < 0) return;
  if (syscall(SYS_close_range, 0, 2, 0) != 0 || syscall(SYS_close_range, 5, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) != 0) return;
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) return;
  char *arguments[] = {"trustlet", NULL};
  char *environment[] = {NULL};
  syscall(SYS_execveat, high_program, "", arguments, environment, AT_EMPTY_PATH);
}

int coffer_loader_spawn(int program, int messages, int slots) {
  sigset_t all, before;
  volatile int error = 0;
  pid_t parent = getpid();
  // No handler of the parent's runs in the child while it has the parent's memory.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t process = vfork();
  if (process == 0) {
    become(program, messages, slots, parent);
    error = errno;
    _exit(127);
  }
  int failure = process < 0 ? errno : error;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure != 0) {
    if (process > 0) while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
    return -failure;
  }
  return process;
}

int coffer_message_ends(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno; }

int coffer_message_send(int end, uint32_t number, int file) {
  struct iovec piece = {&number, sizeof number};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (file >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &file, sizeof file);
  }
  ssize_t sent;
  while ((sent = sendmsg(end, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
  return sent < 0 ? -errno : 0;
}

int coffer_trustlet_descriptor(int process) {
  int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
  return descriptor < 0 ? -errno : descriptor;
}

int coffer_trustlet_end(int descriptor, struct coffer_trustlet_end *end) {
  siginfo_t information = {0};
  if (waitid(P_PIDFD_TYPE, (id_t)descriptor, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return -errno;
  end->has_ended = information.si_pid != 0;
  end->was_killed = information.si_code != CLD_EXITED;
  end->status = information.si_status;
  return 0;
}

void coffer_trustlet_kill(int descriptor) { (void)syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, NULL, 0); }

void coffer_trustlet_collect(int descriptor) {
  siginfo_t information;
  coffer_trustlet_kill(descriptor);
  while (waitid(P_PIDFD_TYPE, (id_t)descriptor, &information, WEXITED) != 0 && errno == EINTR) {}
}

int coffer_trustlet_limit_data(int process, uint64_t bytes) {
  struct rlimit limit;
  if (prlimit(process, RLIMIT_DATA, NULL, &limit) != 0) return -errno;
  if (bytes > limit.rlim_max) return -ENOMEM;
  limit.rlim_cur = bytes;
  return prlimit(process, RLIMIT_DATA, &limit, NULL) == 0 ? 0 : -errno;
}

void coffer_trustlet_stop(int descriptor) { (void)syscall(SYS_pidfd_send_signal, descriptor, SIGSTOP, NULL, 0); }
void coffer_trustlet_continue(int descriptor) { (void)syscall(SYS_pidfd_send_signal, descriptor, SIGCONT, NULL, 0); }

int64_t coffer_trustlet_processor_time(int process) {
  clockid_t clock;
  struct timespec time;
  int error = clock_getcpuclockid(process, &clock);
  if (error != 0) return -error;
  return clock_gettime(clock, &time) == 0 ? (int64_t)time.tv_sec * 1000000000 + time.tv_nsec : -errno;
}

int coffer_shared_memory(uint64_t size) {
  int descriptor = memfd_create("coffer-windows", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -errno;
  if (ftruncate(descriptor, (off_t)size) == 0 && fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    return descriptor;
  int error = -errno;
  close(descriptor);
  return error;
}

int coffer_shared_memory_map(int descriptor, size_t size, void **base) {
  void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapping == MAP_FAILED) return -errno;
  *base = mapping;
  return 0;
}

int coffer_shared_memory_clear(int descriptor, uint64_t offset, uint64_t size) {
  return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size) == 0 ? 0 : -errno;
}

void coffer_word_wait(uint32_t *word, uint32_t value) {
  // Not for ever: a guest that writes the word at the wrong moment can undo what its monitor was to be woken by.
  struct timespec longest = {0, 50 * 1000 * 1000};
  (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &longest, NULL, 0);
}
void coffer_word_wake(uint32_t *word) { (void)syscall(SYS_futex, word, FUTEX_WAKE, 1 << 30, NULL, NULL, 0); }
uint32_t coffer_word_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
void coffer_word_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
bool coffer_word_exchange(uint32_t *word, uint32_t expected, uint32_t value) {
  return __atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
void coffer_word_set_bits(uint32_t *word, uint32_t bits) { __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST); }
void coffer_word_clear_bits(uint32_t *word, uint32_t bits) { __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST); }

void coffer_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static int copy(int process, uint64_t address, void *bytes, size_t count, bool writes) {
  size_t done = 0;
  while (done < count) {
    struct iovec here = {(char *)bytes + done, count - done};
    struct iovec there = {(void *)(uintptr_t)(address + done), count - done};
    ssize_t taken = writes ? process_vm_writev(process, &here, 1, &there, 1, 0) : process_vm_readv(process, &here, 1, &there, 1, 0);
    if (taken <= 0) return taken < 0 ? -errno : -EFAULT;
    done += (size_t)taken;
  }
  return 0;
}

int coffer_trustlet_read(int process, uint64_t address, void *bytes, size_t count) { return copy(process, address, bytes, count, false); }
int coffer_trustlet_write(int process, uint64_t address, const void *bytes, size_t count) {
  return copy(process, address, (void *)bytes, count, true);
}

int coffer_trustlet_page_map(int process) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/pagemap", process);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int coffer_trustlet_pages(int page_map, uint64_t address, size_t pages, uint8_t *present) {
  uint64_t entries[512];
  for (size_t page = 0; page < pages;) {
    size_t wanted = pages - page < 512 ? pages - page : 512;
    ssize_t taken = pread(page_map, entries, wanted * 8, (off_t)((address / 4096 + page) * 8));
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 8) return taken < 0 ? -errno : -ENODATA;
    for (size_t index = 0; index < (size_t)taken / 8; index++) present[page + index] = (entries[index] >> 62 & 3) != 0;
    page += (size_t)taken / 8;
  }
  return 0;
}

int coffer_epoll_make(void) {
  int descriptor = epoll_create1(EPOLL_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int coffer_epoll_add(int epoll, int descriptor, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

int coffer_epoll_remove(int epoll, int descriptor) {
  return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL) == 0 ? 0 : -errno;
}

int coffer_epoll_wait(int epoll, uint64_t *token) {
  struct epoll_event event;
  int count = epoll_wait(epoll, &event, 1, -1);
  if (count < 0) return -errno;
  *token = event.data.u64;
  return count;
}
