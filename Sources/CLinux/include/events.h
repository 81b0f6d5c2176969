#ifndef COFFER_EVENTS_H
#define COFFER_EVENTS_H

#include <stddef.h>
#include <stdint.h>

/// A set of descriptors to wait for, each known by a number (epoll(7), whose events are a packed union). Results below zero are negative
/// error numbers.
int coffer_event_set(void);
/// From now on each time that the descriptor becomes readable, or is written to again, is reported once.
int coffer_event_set_add(int set, int descriptor, uint64_t number);
/// ... and each time that there is room again for what a write did not take.
int coffer_event_set_add_duplex(int set, int descriptor, uint64_t number);
int coffer_event_set_remove(int set, int descriptor);
/// Waits for `milliseconds` at most, -1 for ever. - Returns how many numbers were stored.
int coffer_event_set_wait(int set, uint64_t *numbers, size_t capacity, int milliseconds);

#endif
