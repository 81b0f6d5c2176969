// Edge calls that somebody else serves while this processor waits for the answer: without leaving the machine.
#include "guest.h"

#define STATE ((uint32_t *)COFFER_DOORBELL_STATE)
#define LISTENER ((uint32_t *)COFFER_DOORBELL_LISTENER)
#define PROGRESS ((uint32_t *)COFFER_DOORBELL_PROGRESS)

enum {
  // In turns of the waiting loop, each 10 to 50 ns: a blocking exit takes no longer than somebody needs to wake up.
  PATIENCE_POSTED = 1000,
  // Somebody is at work; only when he has lost his processor is there more to wait for.
  PATIENCE_TAKEN = 20000,
  SKIPPED_LIMIT = 256,
};

// After calls that nobody has noticed in time the next ones are made by blocking exits, the more the longer it goes on.
static uint32_t skipped, to_skip;

static uint32_t in_vain(void) {
  skipped = skipped ? skipped * 2 : 1;
  if (skipped > SKIPPED_LIMIT) skipped = SKIPPED_LIMIT;
  to_skip = skipped;
  return COFFER_DOORBELL_IDLE;
}

static void pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static uint32_t state(void) { return __atomic_load_n(STATE, __ATOMIC_ACQUIRE); }

bool coffer_doorbell_post(void) {
  if (to_skip) return to_skip--, false;
  if (__atomic_load_n(LISTENER, __ATOMIC_RELAXED) == COFFER_LISTENER_ABSENT) return false;
  __atomic_store_n(PROGRESS, 0, __ATOMIC_RELAXED);
  // Sequentially consistent with the listener, who says that he sleeps before he looks a last time.
  __atomic_exchange_n(STATE, COFFER_DOORBELL_POSTED, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(LISTENER, __ATOMIC_SEQ_CST) == COFFER_LISTENER_ASLEEP)
    ((void (*)(void))(COFFER_MACHINE_PAGE + COFFER_EDGE_DOORBELL_OFFSET))();
  return true;
}

// The host can write anything here at any time: whatever it writes, this ends.
uint32_t coffer_doorbell_wait(uint32_t seen) {
  uint32_t now = state();
  for (uint32_t turns = 0; now == COFFER_DOORBELL_POSTED && turns < PATIENCE_POSTED; turns++, now = state()) pause();
  if (now == COFFER_DOORBELL_POSTED) {
    uint32_t expected = COFFER_DOORBELL_POSTED;
    if (__atomic_compare_exchange_n(STATE, &expected, COFFER_DOORBELL_IDLE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      return in_vain();
    now = state();
  }
  for (uint32_t turns = 0; now == COFFER_DOORBELL_TAKEN && turns < PATIENCE_TAKEN; turns++, now = state()) {
    if (seen != UINT32_MAX && __atomic_load_n(PROGRESS, __ATOMIC_ACQUIRE) != seen) return COFFER_DOORBELL_TAKEN;
    pause();
  }
  if (now == COFFER_DOORBELL_TAKEN) {
    coffer_edge_wait();
    now = state();
  }
  __atomic_store_n(STATE, COFFER_DOORBELL_IDLE, __ATOMIC_RELAXED);
  skipped = 0;
  return now == COFFER_DOORBELL_ANSWERED ? COFFER_DOORBELL_ANSWERED : COFFER_DOORBELL_DECLINED;
}
