#define _GNU_SOURCE
#include "system_call_filter.h"
#include "lockdown.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

/// Every flag of clone(2) that makes a namespace.
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

#if defined(__x86_64__)
#define HOST_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define HOST_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define HOST_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "the system-call filter knows x86-64, AArch64 and RISC-V 64"
#endif

/// What a compiler or a linker needs that works from descriptors it was given and prints to others: memory, reading
/// files, its own signals, clocks. It starts no thread and no process, so clone is not here.
static const unsigned allowed[] = {
  __NR_execve, __NR_exit, __NR_exit_group,
  __NR_read, __NR_pread64, __NR_readv, __NR_preadv, __NR_write, __NR_pwrite64, __NR_writev, __NR_pwritev,
  __NR_lseek, __NR_close, __NR_dup, __NR_dup3, __NR_fstat, __NR_statx, __NR_faccessat,
  __NR_readlinkat, __NR_getcwd, __NR_getdents64, __NR_statfs, __NR_fstatfs, __NR_ftruncate, __NR_fadvise64,
  __NR_mmap, __NR_munmap, __NR_mremap, __NR_mprotect, __NR_madvise, __NR_brk,
  __NR_futex, __NR_set_tid_address, __NR_set_robust_list, __NR_sched_yield, __NR_sched_getaffinity,
  __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_sigaltstack, __NR_restart_syscall,
  __NR_clock_gettime, __NR_clock_getres, __NR_gettimeofday, __NR_times, __NR_getrusage,
  __NR_getrandom, __NR_uname, __NR_sysinfo,
  __NR_getpid, __NR_gettid, __NR_getppid, __NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid,
#ifdef __NR_newfstatat
  __NR_newfstatat,
#endif
#ifdef __NR_faccessat2
  __NR_faccessat2,
#endif
#ifdef __NR_getrlimit
  __NR_getrlimit,
#endif
#ifdef __NR_rseq
  __NR_rseq,
#endif
#ifdef __x86_64__
  __NR_stat, __NR_lstat, __NR_access, __NR_readlink, __NR_getdents, __NR_dup2, __NR_arch_prctl, __NR_time,
#endif
#ifdef __NR_riscv_hwprobe
  __NR_riscv_hwprobe,
#endif
#ifdef __NR_riscv_flush_icache
  __NR_riscv_flush_icache,
#endif
};

/// No compiler has a use for these; a call means that it was taken over, so it ends at once.
static const unsigned deadly[] = {
  __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_bpf, __NR_perf_event_open, __NR_keyctl,
  __NR_add_key, __NR_request_key, __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_unshare, __NR_setns,
  __NR_userfaultfd, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_kexec_load, __NR_reboot,
#ifdef __NR_io_uring_setup
  __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register,
#endif
};

static unsigned append(struct coffer_system_call_filter *filter, struct sock_filter instruction) {
  if (filter->count < COFFER_FILTER_CAPACITY) filter->code[filter->count] = instruction;
  return filter->count++;
}

static unsigned load(struct coffer_system_call_filter *filter, unsigned offset) {
  return append(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

/// The low half of an argument, which is all of a C int.
static void load_argument(struct coffer_system_call_filter *filter, unsigned number) {
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arguments are read low half first"
#endif
  load(filter, (unsigned)offsetof(struct seccomp_data, args) + number * 8);
}

static void give(struct coffer_system_call_filter *filter, unsigned verdict) {
  append(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/// Runs the next `length` instructions only where the accumulator equals the value.
static unsigned when_equal(struct coffer_system_call_filter *filter, unsigned value, unsigned char length) {
  return append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, length));
}

static void verdict_for(struct coffer_system_call_filter *filter, unsigned call, unsigned verdict) {
  when_equal(filter, call, 1);
  give(filter, verdict);
}

/// Opening is for reading only. Without Landlock this alone keeps every file from being changed.
static void allow_open_for_reading(struct coffer_system_call_filter *filter, unsigned call, unsigned flags_at) {
  when_equal(filter, call, 4);
  load_argument(filter, flags_at);
  append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
                                              O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY),
                                              0, 1));
  give(filter, SECCOMP_RET_ERRNO | EACCES);
  give(filter, SECCOMP_RET_ALLOW);
}

/// Allows a call where one argument has one of two values.
static void allow_with(struct coffer_system_call_filter *filter, unsigned call, unsigned argument, unsigned first,
                       unsigned second, unsigned otherwise) {
  when_equal(filter, call, 6);
  load_argument(filter, argument);
  when_equal(filter, first, 1);
  give(filter, SECCOMP_RET_ALLOW);
  when_equal(filter, second, 1);
  give(filter, SECCOMP_RET_ALLOW);
  give(filter, SECCOMP_RET_ERRNO | otherwise);
}

/// Loads the number of a call of this machine's own table; calls by another table end the process.
static void begin(struct coffer_system_call_filter *filter) {
  filter->count = 0;
  load(filter, offsetof(struct seccomp_data, arch));
  append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_ARCHITECTURE, 1, 0));
  give(filter, SECCOMP_RET_KILL_PROCESS);
  load(filter, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  // x32 numbers have bit 30 set and would slip past comparisons with the 64-bit ones.
  append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  give(filter, SECCOMP_RET_KILL_PROCESS);
#endif
}

void coffer_system_call_filter_build(struct coffer_system_call_filter *filter) {
  begin(filter);
  for (unsigned i = 0; i < sizeof allowed / sizeof *allowed; i++) verdict_for(filter, allowed[i], SECCOMP_RET_ALLOW);
  for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++)
    verdict_for(filter, deadly[i], SECCOMP_RET_KILL_PROCESS);

  allow_open_for_reading(filter, __NR_openat, 2);
#ifdef __NR_open
  allow_open_for_reading(filter, __NR_open, 1);
#endif
  allow_with(filter, __NR_ioctl, 1, TCGETS, TIOCGWINSZ, ENOTTY);
  allow_with(filter, __NR_fcntl, 1, F_GETFD, F_GETFL, EPERM);
  // Limits are read, never set: root could raise its own hard limits again.
  when_equal(filter, __NR_prlimit64, 6);
  load_argument(filter, 2);
  when_equal(filter, 0, 3);
  load(filter, (unsigned)offsetof(struct seccomp_data, args) + 2 * 8 + 4);
  when_equal(filter, 0, 1);
  give(filter, SECCOMP_RET_ALLOW);
  give(filter, SECCOMP_RET_ERRNO | EPERM);
  // abort() signals its own process; the id is filled in by the child.
  when_equal(filter, __NR_tgkill, 4);
  load_argument(filter, 0);
  filter->process_id_at = when_equal(filter, 0, 1);
  give(filter, SECCOMP_RET_ALLOW);
  give(filter, SECCOMP_RET_ERRNO | EPERM);
#ifdef __NR_clone3
  // ENOSYS, so that the C library falls back to clone and reports its refusal.
  verdict_for(filter, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  give(filter, SECCOMP_RET_ERRNO | EPERM);
}

int coffer_system_call_filter_install(struct coffer_system_call_filter *filter) {
  if (filter->count > COFFER_FILTER_CAPACITY) {
    errno = E2BIG;
    return -1;
  }
  filter->code[filter->process_id_at].k = (unsigned)getpid();
  struct sock_fprog program = {.len = (unsigned short)filter->count, .filter = filter->code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/// What neither a build nor the compilers that it starts ask for: connections, shared memory by number, other processes' descriptors.
static const unsigned refused[] = {
  __NR_socket, __NR_socketpair, __NR_shmget, __NR_shmat, __NR_msgget, __NR_semget, __NR_mq_open, __NR_open_by_handle_at,
#ifdef __NR_pidfd_getfd
  __NR_pidfd_getfd,
#endif
};

int coffer_refuse_system_calls(void) {
  struct coffer_system_call_filter filter;
  begin(&filter);
  for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++)
    verdict_for(&filter, deadly[i], SECCOMP_RET_KILL_PROCESS);
  for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++)
    verdict_for(&filter, refused[i], SECCOMP_RET_ERRNO | EPERM);
#ifdef __NR_clone3
  // Its flags lie in memory: ENOSYS, so that the C library falls back to clone.
  verdict_for(&filter, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  when_equal(&filter, __NR_clone, 4);
  load_argument(&filter, 0);
  append(&filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1));
  give(&filter, SECCOMP_RET_ERRNO | EPERM);
  give(&filter, SECCOMP_RET_ALLOW);
  // Nobody types into the terminal that complaints go to.
  when_equal(&filter, __NR_ioctl, 4);
  load_argument(&filter, 1);
  when_equal(&filter, TIOCSTI, 1);
  give(&filter, SECCOMP_RET_ERRNO | EPERM);
  give(&filter, SECCOMP_RET_ALLOW);
  give(&filter, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = (unsigned short)filter.count, .filter = filter.code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/// What a monitor process does when it serves: its sockets, memory, threads, clocks.
static const unsigned serving[] = {
  __NR_read, __NR_pread64, __NR_write, __NR_pwrite64, __NR_close, __NR_recvfrom, __NR_recvmsg, __NR_shutdown, __NR_ppoll,
  __NR_epoll_create1, __NR_epoll_ctl, __NR_epoll_pwait, __NR_eventfd2, __NR_memfd_create, __NR_ftruncate, __NR_fallocate,
  __NR_fstat, __NR_lseek, __NR_munmap, __NR_mremap, __NR_madvise, __NR_brk, __NR_futex, __NR_set_robust_list,
  __NR_sched_yield, __NR_sched_getaffinity, __NR_getcpu, __NR_membarrier, __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn,
  __NR_sigaltstack, __NR_restart_syscall, __NR_clock_gettime, __NR_clock_getres, __NR_clock_nanosleep, __NR_gettimeofday,
  __NR_getrandom, __NR_getpid, __NR_gettid, __NR_getuid, __NR_geteuid, __NR_getrusage, __NR_sysinfo, __NR_exit, __NR_exit_group,
#ifdef __NR_rseq
  __NR_rseq,
#endif
#ifdef __NR_poll
  __NR_poll,
#endif
#ifdef __NR_epoll_wait
  __NR_epoll_wait,
#endif
};

/// ... and where its trustlets are processes: what starts, watches and ends them, and what their loader does before it locks itself down.
static const unsigned starting[] = {
  __NR_execveat, __NR_setsid, __NR_getppid, __NR_prctl, __NR_seccomp, __NR_dup3, __NR_close_range, __NR_socketpair,
  __NR_pidfd_open, __NR_pidfd_send_signal, __NR_waitid, __NR_wait4, __NR_prlimit64, __NR_process_vm_readv, __NR_process_vm_writev,
  __NR_mmap, __NR_mprotect, __NR_fcntl, __NR_readlinkat,
#ifdef __NR_vfork
  __NR_vfork, __NR_dup2, __NR_setrlimit, __NR_arch_prctl,
#endif
};

/// Allows a call unless an argument has one of these bits.
static void allow_without(struct coffer_system_call_filter *filter, unsigned call, unsigned argument, unsigned bits) {
  when_equal(filter, call, 4);
  load_argument(filter, argument);
  append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
  give(filter, SECCOMP_RET_ERRNO | EPERM);
  give(filter, SECCOMP_RET_ALLOW);
}

/// Of ioctl(2), those of KVM and the one that scans a page map.
static void allow_machine_control(struct coffer_system_call_filter *filter) {
  enum { KVM_TYPE = 0xAE, PAGE_MAP_SCAN = 0xC0606610 };
  when_equal(filter, __NR_ioctl, 7);
  load_argument(filter, 1);
  when_equal(filter, PAGE_MAP_SCAN, 1);
  give(filter, SECCOMP_RET_ALLOW);
  append(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xFF00));
  when_equal(filter, KVM_TYPE << 8, 1);
  give(filter, SECCOMP_RET_ALLOW);
  give(filter, SECCOMP_RET_ERRNO | EPERM);
}

/// Threads of this process, nothing else, and no memory that can become executable.
static void allow_own_threads(struct coffer_system_call_filter *filter) {
  allow_without(filter, __NR_mmap, 2, PROT_EXEC);
  allow_without(filter, __NR_mprotect, 2, PROT_EXEC);
  when_equal(filter, __NR_clone, 4);
  load_argument(filter, 0);
  append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
  give(filter, SECCOMP_RET_ERRNO | EPERM);
  give(filter, SECCOMP_RET_ALLOW);
}

static void begin_serving(struct coffer_system_call_filter *filter) {
  begin(filter);
  for (unsigned i = 0; i < sizeof serving / sizeof *serving; i++) verdict_for(filter, serving[i], SECCOMP_RET_ALLOW);
  // With this flag sending connects, also a socket whose former connection has ended.
  allow_without(filter, __NR_sendto, 3, MSG_FASTOPEN);
}

static int lock_what_serves(struct coffer_system_call_filter *filter) {
#ifdef __NR_newfstatat
  // What fstat(3) is here.
  allow_with(filter, __NR_newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH, EPERM);
#endif
  // abort(), and the signal that takes a thread out of its guest.
  when_equal(filter, __NR_tgkill, 4);
  load_argument(filter, 0);
  when_equal(filter, (unsigned)getpid(), 1);
  give(filter, SECCOMP_RET_ALLOW);
  give(filter, SECCOMP_RET_ERRNO | EPERM);
#ifdef __NR_clone3
  // Its flags lie in memory: ENOSYS, so that the C library falls back to clone.
  verdict_for(filter, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  give(filter, SECCOMP_RET_ERRNO | EPERM);
  if (filter->count > COFFER_FILTER_CAPACITY) return -E2BIG;
  struct sock_fprog program = {.len = (unsigned short)filter->count, .filter = filter->code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : -errno;
}

int coffer_lock_system_calls(bool processes) {
  struct coffer_system_call_filter filter;
  begin_serving(&filter);
  if (processes) {
    allow_without(&filter, __NR_sendmsg, 2, MSG_FASTOPEN);
    for (unsigned i = 0; i < sizeof starting / sizeof *starting; i++) verdict_for(&filter, starting[i], SECCOMP_RET_ALLOW);
    allow_open_for_reading(&filter, __NR_openat, 2);
    allow_without(&filter, __NR_clone, 0, NAMESPACES);
  } else {
    allow_own_threads(&filter);
    allow_with(&filter, __NR_fcntl, 1, F_ADD_SEALS, F_GETFL, EPERM);
  }
  allow_machine_control(&filter);
  return lock_what_serves(&filter);
}

/// What carries bytes needs besides: its event loop's timer, and to ask and close the connections that it has.
static const unsigned carrying[] = {
  __NR_readv, __NR_writev, __NR_timerfd_create, __NR_timerfd_settime, __NR_getsockopt, __NR_getsockname, __NR_getpeername,
#ifdef __NR_epoll_create
  __NR_epoll_create,
#endif
};

int coffer_lock_gate_system_calls(void) {
  struct coffer_system_call_filter filter;
  begin_serving(&filter);
  for (unsigned i = 0; i < sizeof carrying / sizeof *carrying; i++) verdict_for(&filter, carrying[i], SECCOMP_RET_ALLOW);
  allow_own_threads(&filter);
  allow_with(&filter, __NR_fcntl, 1, F_GETFL, F_SETFL, EPERM);
  // The event loop asks for no delay on each connection, and a queue's thread for the priority that it has.
  allow_with(&filter, __NR_setsockopt, 2, TCP_NODELAY, SO_REUSEADDR, EPERM);
  allow_with(&filter, __NR_setpriority, 1, 0, 0, EPERM);
  // What a thread is called.
  allow_with(&filter, __NR_prctl, 0, PR_SET_NAME, PR_GET_NAME, EPERM);
  return lock_what_serves(&filter);
}

int coffer_seccomp_available(void) {
  // A null program is refused with EFAULT only where filters are compiled in.
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 && errno == EFAULT;
}
