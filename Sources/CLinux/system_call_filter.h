#ifndef COFFER_SYSTEM_CALL_FILTER_H
#define COFFER_SYSTEM_CALL_FILTER_H

#include <linux/filter.h>

enum {
  /// A monitor process has one for each of its slots, 256 at most, and six others.
  COFFER_MAXIMUM_DESCRIPTORS = 262,
  /// Well above the list in system_call_filter.c; building stops with an unusable filter should it be exceeded.
  COFFER_FILTER_CAPACITY = 512,
};

struct coffer_system_call_filter {
  struct sock_filter code[COFFER_FILTER_CAPACITY];
  unsigned count;
  /// The instruction that holds the process's own id, which only the child knows.
  unsigned process_id_at;
};

void coffer_system_call_filter_build(struct coffer_system_call_filter *filter);

/// Async-signal-safe. 0, or -1 with errno.
int coffer_system_call_filter_install(struct coffer_system_call_filter *filter);

#endif
