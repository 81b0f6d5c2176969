// Linux's system calls on x86-64, as far as the loaders use them, and the steps at which they may fail.
#ifndef COFFER_SYSTEM_CALLS_H
#define COFFER_SYSTEM_CALLS_H

enum {
  sys_close = 3, sys_mmap = 9, sys_mprotect = 10, sys_munmap = 11, sys_rt_sigaction = 13, sys_rt_sigreturn = 15, sys_pread64 = 17,
  sys_madvise = 28, sys_recvmsg = 47, sys_clone = 56, sys_getppid = 110, sys_sigaltstack = 131, sys_prctl = 157, sys_futex = 202,
  sys_exit_group = 231, sys_prlimit = 302, sys_seccomp = 317, sys_close_range = 436,
};
enum { map_shared = 1, map_private = 2, map_fixed = 0x10, map_anonymous = 0x20, map_no_reserve = 0x4000, map_fixed_no_replace = 0x100000 };
enum { on_own_stack = 0x08000000, with_information = 4, has_restorer = 0x04000000, not_deferred = 0x40000000 };
enum { clone_parent = 0x8000, signal_child = 17 };

// The exit status: TrustletProcess.swift says it in words.
enum {
  failed_plan = 10, failed_mapping = 11, failed_filter = 12, failed_handlers = 13, failed_parent = 14, failed_locking = 15,
  failed_descriptors = 16, failed_entry = 17,
};

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

_Noreturn static inline void fail(int step) {
  for (;;) system_call(sys_exit_group, step, 0, 0, 0, 0, 0);
}
#endif
