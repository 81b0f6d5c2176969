// wasi:sockets/ip-name-lookup: the host resolves what its rules name, and tells the addresses that may be used.
#include "sockets.h"

// Those whom the host asks have not answered: another time they may.
enum { LINUX_EHOSTDOWN = 112 };
static uint8_t lookup_error(linux_errno number) { return number == LINUX_EHOSTDOWN ? CODE_TEMPORARY_RESOLVER_FAILURE : socket_error(number); }

EXPORT("sockets/ip-name-lookup#resolve-addresses") const struct result_handle *resolve_addresses(
    const struct object *, const uint8_t *name, uint32_t length) {
  begin_call();
  static struct result_handle result;
  struct network_result answer = {0};
  linux_errno number = network_call(NET_LOOK_UP, 0, 0, (void *)name, length, &answer);
  result = (struct result_handle){number != 0, {.code = lookup_error(number)}};
  if (number) return &result;
  struct object *lookup = new_object(KIND_LOOKUP);
  lookup->lookup.socket = new_socket((uint32_t)answer.value);
  result.handle = new_resolve_address_stream(lookup);
  return &result;
}

// result<option<ip-address>, error-code>
struct result_next {
  uint8_t is_error;
  uint8_t pad;
  uint8_t code_or_some;
  uint8_t pad2;
  uint8_t is_version6;
  uint8_t pad3;
  union {
    uint8_t version4[4];
    uint16_t version6[8];
  };
};
_Static_assert(sizeof(struct result_next) == 22, "the canonical ABI");

EXPORT("sockets/ip-name-lookup#[method]resolve-address-stream.resolve-next-address")
const struct result_next *resolve_next_address(struct object *lookup) {
  static struct result_next result;
  struct network_address address = {0};
  uint32_t count;
  linux_errno number = socket_read(lookup->lookup.socket, &address, sizeof address, &count);
  result = (struct result_next){.is_error = number != 0, .code_or_some = number ? lookup_error(number) : count == sizeof address};
  if (!result.is_error && result.code_or_some) {
    struct socket_address told = told_address(&address);
    result.is_version6 = told.is_version6;
    if (told.is_version6) __builtin_memcpy(result.version6, told.version6.address, 16);
    else __builtin_memcpy(result.version4, told.version4.address, 4);
  }
  return &result;
}

EXPORT("sockets/ip-name-lookup#[method]resolve-address-stream.subscribe") uint32_t lookup_subscribe(struct object *lookup) {
  return new_pollable(pollable_socket(lookup->lookup.socket, NET_READABLE));
}
