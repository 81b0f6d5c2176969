#ifndef COFFER_PROCESS_H
#define COFFER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Processes that are trustlets. Every function returns 0 or more, or the negative error number.

/// Starts a program from a sealed memory file, without arguments or environment, with these two descriptors as 3 and 4 and no other, in
/// a session of its own. It dies with the calling thread. Returns the process number.
int coffer_loader_spawn(int program, int messages, int slots);
/// Two connected ends of a channel of messages.
int coffer_message_ends(int ends[2]);
/// Sends a number, and a descriptor unless it is negative.
int coffer_message_send(int end, uint32_t number, int file);
/// A descriptor that becomes readable when the process ends.
int coffer_trustlet_descriptor(int process);

/// How a process has ended, without waiting; it stays to be collected.
struct coffer_trustlet_end {
  bool has_ended;
  /// Killed by a signal; else it ended itself.
  bool was_killed;
  /// The signal's number, or the exit status.
  int status;
};
int coffer_trustlet_end(int descriptor, struct coffer_trustlet_end *end);
void coffer_trustlet_kill(int descriptor);
/// Ends the process if it still runs, and collects it.
void coffer_trustlet_collect(int descriptor);
void coffer_trustlet_stop(int descriptor);
void coffer_trustlet_continue(int descriptor);
/// How much memory of its own it may make writable in all; -ENOMEM beyond what it may ever.
int coffer_trustlet_limit_data(int process, uint64_t bytes);
/// Nanoseconds of processor time that it has used.
int64_t coffer_trustlet_processor_time(int process);

/// A memory file, not yet sealed against anything; for memory that both sides write.
int coffer_shared_memory(uint64_t size);
int coffer_shared_memory_map(int descriptor, size_t size, void **base);
/// Gives the memory behind a part of it back: it is zero.
int coffer_shared_memory_clear(int descriptor, uint64_t offset, uint64_t size);

/// Sleeps while the word has this value; also returns when something else happened.
void coffer_word_wait(uint32_t *word, uint32_t value);
void coffer_word_wake(uint32_t *word);
uint32_t coffer_word_load(const uint32_t *word);
void coffer_word_store(uint32_t *word, uint32_t value);
/// Stores a value where another one stands; false when a third one does.
bool coffer_word_exchange(uint32_t *word, uint32_t expected, uint32_t value);
void coffer_word_set_bits(uint32_t *word, uint32_t bits);
void coffer_word_clear_bits(uint32_t *word, uint32_t bits);
void coffer_pause(void);

/// Copies between this process and another one's memory.
int coffer_trustlet_read(int process, uint64_t address, void *bytes, size_t count);
int coffer_trustlet_write(int process, uint64_t address, const void *bytes, size_t count);
/// The other process's page map.
int coffer_trustlet_page_map(int process);
/// Whether each page from `address` on holds anything: one byte a page.
int coffer_trustlet_pages(int page_map, uint64_t address, size_t pages, uint8_t *present);

/// Waits until one of the descriptors can be read; -1 for no time limit.
int coffer_epoll_make(void);
int coffer_epoll_add(int epoll, int descriptor, uint64_t token);
int coffer_epoll_remove(int epoll, int descriptor);
int coffer_epoll_wait(int epoll, uint64_t *token);

#endif
