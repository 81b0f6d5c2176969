#ifndef COFFER_PROCESSOR_TIME_H
#define COFFER_PROCESSOR_TIME_H

#include <stdint.h>

/// The clock of the calling thread's processor time, which any thread of this process can read while that thread lives; negative where there
/// is none.
int coffer_thread_processor_clock(void);
/// The number of the processor that the calling thread is on, or -1.
int coffer_current_processor(void);

/// Nanoseconds; 0 for a clock that cannot be read.
uint64_t coffer_processor_time(int clock);

#endif
