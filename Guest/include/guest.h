// What the C and assembly side of a trustlet gives to the library OS. The other way round is libos.h.
#ifndef COFFER_GUEST_H
#define COFFER_GUEST_H
#include <stdbool.h>
#include <stdint.h>

// Hands the request in the edge window over; returns when the response is there.
void coffer_edge_wait(void);
// Posts the request for whoever may serve it meanwhile; false when nobody will.
bool coffer_doorbell_post(void);
// Waits for what becomes of it, a DoorbellState of EdgeCalls: answered; declined or idle, when it is to be made by coffer_edge_wait;
// taken, when there is another progress than the one seen (UINT32_MAX: of no interest), and this is to be called again.
uint32_t coffer_doorbell_wait(uint32_t seen);
// Makes the pages between both sizes of a region usable, after the host has allowed it: zero, or an error number.
uint32_t coffer_edge_grow(uint64_t address, uint64_t old_size, uint64_t new_size);
// The processor's cycle counter.
uint64_t coffer_counter(void);
// 64 bits from the processor's own source; false if it gives none.
bool coffer_hardware_random(uint64_t *word);
// Lets the heap take the place that it has only in images with scratch space.
void coffer_heap_extend(void);
// Linear memory 0 of the command's instance: its first byte, and its size in bytes now.
uint8_t *coffer_memory_base(void);
uint64_t coffer_memory_size(void);
// Ends the program with a trap, a TrapKind of EdgeCalls, as if its own code had trapped.
_Noreturn void coffer_trap(uint32_t kind);
// Stops this processor for good.
_Noreturn void coffer_halt(void);
#endif
