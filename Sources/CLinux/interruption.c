#define _GNU_SOURCE
#include "interruption.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

// The delivery itself is the purpose: it makes KVM_RUN return.
static void ignore(int number) { (void)number; }

static pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;

int coffer_interruption_install(void) {
  struct sigaction found;
  int result = 0;
  pthread_mutex_lock(&installing);
  if (sigaction(SIGURG, NULL, &found) != 0) {
    result = -errno;
  } else if (!(found.sa_flags & SA_SIGINFO) && (found.sa_handler == SIG_DFL || found.sa_handler == SIG_IGN)) {
    struct sigaction wanted = {.sa_handler = ignore};
    sigemptyset(&wanted.sa_mask);
    if (sigaction(SIGURG, &wanted, NULL) != 0) result = -errno;
  }
  pthread_mutex_unlock(&installing);
  return result;
}

// One look-up for each thread: both parts are system calls, and a vCPU is run many times.
static _Thread_local int this_thread;

int coffer_interruption_thread(void) {
  if (this_thread == 0) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGURG);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    this_thread = (int)syscall(SYS_gettid);
  }
  return this_thread;
}

void coffer_interruption_send(int thread) { (void)syscall(SYS_tgkill, getpid(), thread, SIGURG); }
