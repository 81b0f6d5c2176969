#define _GNU_SOURCE
#include "kvm.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int result(int value) { return value < 0 ? -errno : value; }

int coffer_kvm_open(void) { return result(open("/dev/kvm", O_RDWR | O_CLOEXEC)); }
int coffer_kvm_api_version(int system) { return result(ioctl(system, KVM_GET_API_VERSION, 0)); }
int coffer_kvm_extension(int system, int extension) { return result(ioctl(system, KVM_CHECK_EXTENSION, extension)); }

int coffer_kvm_create_machine(int system) { return result(ioctl(system, KVM_CREATE_VM, 0)); }
int coffer_kvm_create_processor(int machine, int number) { return result(ioctl(machine, KVM_CREATE_VCPU, number)); }

int coffer_kvm_set_slot(int machine, uint32_t slot, uint64_t guest_address, uint64_t size, void *host_address) {
  struct kvm_userspace_memory_region region = {
      .slot = slot,
      .guest_phys_addr = guest_address,
      .memory_size = size,
      .userspace_addr = (uint64_t)(uintptr_t)host_address,
  };
  return result(ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region));
}

int coffer_kvm_set_event(int machine, uint64_t guest_address, uint32_t length, int event) {
  struct kvm_ioeventfd description = {.addr = guest_address, .len = length, .fd = event};
  return result(ioctl(machine, KVM_IOEVENTFD, &description));
}

// The kernel never has more entries than this (KVM_MAX_CPUID_ENTRIES). The opaque structure is a kvm_cpuid2.
enum { feature_limit = 256 };

int coffer_kvm_supported_features(int system, struct coffer_kvm_features **features) {
  struct kvm_cpuid2 *found = calloc(1, sizeof *found + feature_limit * sizeof found->entries[0]);
  if (!found) return -ENOMEM;
  found->nent = feature_limit;
  if (ioctl(system, KVM_GET_SUPPORTED_CPUID, found) < 0) {
    int error = -errno;
    free(found);
    return error;
  }
  *features = (struct coffer_kvm_features *)found;
  return 0;
}

void coffer_kvm_features_free(struct coffer_kvm_features *features) { free(features); }

uint32_t coffer_kvm_features_register(const struct coffer_kvm_features *features, uint32_t leaf, uint32_t subleaf,
                                      unsigned which) {
  const struct kvm_cpuid2 *list = (const struct kvm_cpuid2 *)features;
  for (uint32_t i = 0; i < list->nent && i < feature_limit; i++) {
    const struct kvm_cpuid_entry2 *entry = &list->entries[i];
    if (entry->function != leaf) continue;
    if ((entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) && entry->index != subleaf) continue;
    switch (which) {
    case 0: return entry->eax;
    case 1: return entry->ebx;
    case 2: return entry->ecx;
    default: return entry->edx;
    }
  }
  return 0;
}

int coffer_kvm_set_features(int processor, const struct coffer_kvm_features *features) {
  return result(ioctl(processor, KVM_SET_CPUID2, (const struct kvm_cpuid2 *)features));
}

bool coffer_host_counter_is_invariant(void) {
  unsigned a, b, c, d;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1) != 0;
}

bool coffer_host_has_extended_state(void) {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 27 & 1) != 0;
}

int coffer_kvm_get_special_registers(int processor, struct kvm_sregs *registers) {
  return result(ioctl(processor, KVM_GET_SREGS, registers));
}

int coffer_kvm_set_special_registers(int processor, const struct kvm_sregs *registers) {
  return result(ioctl(processor, KVM_SET_SREGS, registers));
}

int coffer_kvm_get_registers(int processor, struct kvm_regs *registers) {
  return result(ioctl(processor, KVM_GET_REGS, registers));
}

int coffer_kvm_set_extended_control(int processor, uint64_t xcr0) {
  struct kvm_xcrs registers = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = xcr0}}};
  return result(ioctl(processor, KVM_SET_XCRS, &registers));
}

int coffer_kvm_set_model_register(int processor, uint32_t index, uint64_t value) {
  _Alignas(struct kvm_msrs) char space[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)] = {0};
  struct kvm_msrs *registers = (struct kvm_msrs *)space;
  registers->nmsrs = 1;
  registers->entries[0] = (struct kvm_msr_entry){.index = index, .data = value};
  int set = result(ioctl(processor, KVM_SET_MSRS, registers));
  return set < 0 ? set : set == 1 ? 0 : -EINVAL;
}

int coffer_kvm_counter_kilohertz(int processor) { return result(ioctl(processor, KVM_GET_TSC_KHZ, 0)); }

int coffer_kvm_map_run(int system, int processor, struct kvm_run **run, size_t *size) {
  int length = ioctl(system, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (length < 0) return -errno;
  if ((size_t)length < sizeof(struct kvm_run)) return -EINVAL;
  void *mapping = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED, processor, 0);
  if (mapping == MAP_FAILED) return -errno;
  // The guest's registers pass through it: no child's, and in no core dump.
  if (madvise(mapping, (size_t)length, MADV_DONTFORK) != 0 || madvise(mapping, (size_t)length, MADV_DONTDUMP) != 0) {
    int error = -errno;
    (void)munmap(mapping, (size_t)length);
    return error;
  }
  *run = mapping;
  *size = (size_t)length;
  return 0;
}

void coffer_kvm_unmap_run(struct kvm_run *run, size_t size) { (void)munmap(run, size); }

void coffer_kvm_stage_registers(struct kvm_run *run, const struct kvm_regs *registers) {
  run->s.regs.regs = *registers;
  run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

void coffer_kvm_stage_special_registers(struct kvm_run *run, const struct kvm_sregs *registers) {
  run->s.regs.sregs = *registers;
  run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
}

int coffer_kvm_get_extended_state(int processor, struct coffer_kvm_extended_state *state) {
  _Static_assert(sizeof *state == sizeof(struct kvm_xsave), "KVM_GET_XSAVE fills 4096 bytes");
  return result(ioctl(processor, KVM_GET_XSAVE, state));
}

int coffer_kvm_set_extended_state(int processor, const struct coffer_kvm_extended_state *state) {
  return result(ioctl(processor, KVM_SET_XSAVE, state));
}

int coffer_kvm_clear_events(int processor) {
  struct kvm_vcpu_events events;
  if (ioctl(processor, KVM_GET_VCPU_EVENTS, &events) < 0) return -errno;
  struct kvm_vcpu_events none = {.flags = events.flags};
  return result(ioctl(processor, KVM_SET_VCPU_EVENTS, &none));
}

int coffer_kvm_finish_exit(int processor, struct kvm_run *run) {
  for (int tries = 0; tries < 16; tries++) {
    coffer_kvm_set_immediate_exit(run, 1);
    if (ioctl(processor, KVM_RUN, 0) < 0) {
      int error = -errno;
      coffer_kvm_set_immediate_exit(run, 0);
      return error == -EINTR ? 0 : error;
    }
  }
  return -EBUSY;
}

void coffer_kvm_set_immediate_exit(struct kvm_run *run, uint8_t value) {
  __atomic_store_n(&run->immediate_exit, value, __ATOMIC_SEQ_CST);
}

int coffer_kvm_run(int processor, struct kvm_run *run, struct coffer_kvm_exit *exit) {
  if (ioctl(processor, KVM_RUN, 0) < 0) return -errno;
  *exit = (struct coffer_kvm_exit){.reason = run->exit_reason};
  switch (run->exit_reason) {
  case KVM_EXIT_MMIO:
    exit->address = run->mmio.phys_addr;
    exit->length = run->mmio.len;
    exit->is_write = run->mmio.is_write != 0;
    break;
  case KVM_EXIT_IO:
    exit->address = run->io.port;
    exit->length = run->io.size;
    exit->is_write = run->io.direction == KVM_EXIT_IO_OUT;
    break;
  case KVM_EXIT_INTERNAL_ERROR: exit->detail = run->internal.suberror; break;
  case KVM_EXIT_SYSTEM_EVENT: exit->detail = run->system_event.type; break;
  case KVM_EXIT_FAIL_ENTRY: exit->address = run->fail_entry.hardware_entry_failure_reason; break;
  case KVM_EXIT_UNKNOWN: exit->address = run->hw.hardware_exit_reason; break;
  default: break;
  }
  return 0;
}

#endif
