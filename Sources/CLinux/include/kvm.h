#ifndef COFFER_KVM_H
#define COFFER_KVM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Linux's virtual machine interface without its variadic ioctl, its unions and its flexible arrays, which Swift cannot use.
/// Every function returns what the system call returns, or the negative error number.

#if defined(__x86_64__)

int coffer_kvm_open(void);
int coffer_kvm_api_version(int system);
int coffer_kvm_extension(int system, int extension);

int coffer_kvm_create_machine(int system);
int coffer_kvm_create_processor(int machine, int number);

/// Gives the machine a piece of this process's memory as guest-physical memory.
int coffer_kvm_set_slot(int machine, uint32_t slot, uint64_t guest_address, uint64_t size, void *host_address);

/// Makes each store of `length` bytes at the address raise an eventfd, and the guest go on.
int coffer_kvm_set_event(int machine, uint64_t guest_address, uint32_t length, int event);

/// The processor's features as KVM can offer them to a guest. `coffer_kvm_features_free` ends it.
struct coffer_kvm_features;
int coffer_kvm_supported_features(int system, struct coffer_kvm_features **features);
void coffer_kvm_features_free(struct coffer_kvm_features *features);
/// Registers eax, ebx, ecx, edx (0 to 3) of a CPUID leaf, 0 where the leaf is missing.
uint32_t coffer_kvm_features_register(const struct coffer_kvm_features *features, uint32_t leaf, uint32_t subleaf,
                                      unsigned which);
int coffer_kvm_set_features(int processor, const struct coffer_kvm_features *features);
/// Whether this host's cycle counter runs at one rate in every power state, as the processor itself says.
bool coffer_host_counter_is_invariant(void);
/// Whether user mode here may use XSAVE and its like.
bool coffer_host_has_extended_state(void);

int coffer_kvm_get_special_registers(int processor, struct kvm_sregs *registers);
int coffer_kvm_set_special_registers(int processor, const struct kvm_sregs *registers);
int coffer_kvm_get_registers(int processor, struct kvm_regs *registers);
int coffer_kvm_set_extended_control(int processor, uint64_t xcr0);
int coffer_kvm_set_model_register(int processor, uint32_t index, uint64_t value);
int coffer_kvm_counter_kilohertz(int processor);

/// The page that a vCPU shares with the kernel.
struct kvm_run;
int coffer_kvm_map_run(int system, int processor, struct kvm_run **run, size_t *size);
void coffer_kvm_unmap_run(struct kvm_run *run, size_t size);

/// Registers that the next coffer_kvm_run loads, without a system call of its own.
void coffer_kvm_stage_registers(struct kvm_run *run, const struct kvm_regs *registers);
void coffer_kvm_stage_special_registers(struct kvm_run *run, const struct kvm_sregs *registers);

/// The x87, SSE and AVX registers in the format of XSAVE.
struct coffer_kvm_extended_state {
  uint8_t bytes[4096];
};
int coffer_kvm_get_extended_state(int processor, struct coffer_kvm_extended_state *state);
int coffer_kvm_set_extended_state(int processor, const struct coffer_kvm_extended_state *state);
/// Forgets exceptions and interrupts that have yet to be delivered.
int coffer_kvm_clear_events(int processor);
/// Completes the instruction that made the vCPU come back, without another one: only then do the registers mean the same on every host.
/// Leaves immediate_exit at 0.
int coffer_kvm_finish_exit(int processor, struct kvm_run *run);
/// 1: the next or present coffer_kvm_run returns -EINTR. From any thread.
void coffer_kvm_set_immediate_exit(struct kvm_run *run, uint8_t value);

/// Why a vCPU came back, for the reasons that a guest in ring 3 can cause.
struct coffer_kvm_exit {
  uint32_t reason; ///< KVM_EXIT_...
  uint32_t detail; ///< suberror, event type or hardware reason
  uint64_t address; ///< of an access to a place without memory
  uint32_t length;
  bool is_write;
};

/// Runs the vCPU until it comes back; `exit` is set when the result is 0.
int coffer_kvm_run(int processor, struct kvm_run *run, struct coffer_kvm_exit *exit);

#endif
#endif
