// What the interfaces of wasi:sockets share.
#pragma once
#include "network.h"

// error-code of wasi:sockets
enum {
  CODE_UNKNOWN, CODE_ACCESS_DENIED, CODE_NOT_SUPPORTED, CODE_INVALID_ARGUMENT, CODE_OUT_OF_MEMORY, CODE_TIMEOUT, CODE_CONCURRENCY_CONFLICT,
  CODE_NOT_IN_PROGRESS, CODE_WOULD_BLOCK, CODE_INVALID_STATE, CODE_NEW_SOCKET_LIMIT, CODE_ADDRESS_NOT_BINDABLE, CODE_ADDRESS_IN_USE,
  CODE_REMOTE_UNREACHABLE, CODE_CONNECTION_REFUSED, CODE_CONNECTION_RESET, CODE_CONNECTION_ABORTED, CODE_DATAGRAM_TOO_LARGE,
  CODE_NAME_UNRESOLVABLE, CODE_TEMPORARY_RESOLVER_FAILURE, CODE_PERMANENT_RESOLVER_FAILURE,
};
uint8_t socket_error(linux_errno number);

// result<_, error-code>, with a number of Linux, or a case.
const struct result_small *socket_outcome(linux_errno number);
const struct result_small *socket_refusal(uint8_t code);

// result<u64, error-code>, result<u32, error-code>
struct result_long {
  uint8_t is_error;
  union {
    uint64_t value;
    uint8_t code;
  };
};
struct result_word {
  uint8_t is_error;
  union {
    uint32_t value;
    uint8_t code;
  };
};

// ip-socket-address
struct socket_address {
  uint8_t is_version6;
  union {
    struct {
      uint16_t port;
      uint8_t address[4];
    } version4;
    struct {
      uint16_t port;
      uint32_t flow;
      uint16_t address[8];
      uint32_t scope;
    } version6;
  };
};
_Static_assert(sizeof(struct socket_address) == 32, "the canonical ABI");

struct result_address {
  uint8_t is_error;
  union {
    struct socket_address address;
    uint8_t code;
  };
};

// An ip-socket-address as the canonical ABI passes it: its case, and as many values as that of version 6 has.
#define ADDRESS \
  uint32_t is_version6, uint32_t port, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f, uint32_t g, uint32_t h, uint32_t i, \
      uint32_t j
#define ADDRESS_VALUES (const uint32_t[]){is_version6, port, a, b, c, d, e, f, g, h, i, j}

struct network_address address_of_values(const uint32_t *values);
struct network_address address_of(const struct socket_address *address);
struct socket_address told_address(const struct network_address *address);

// Whether a socket may have it, or be connected to it: of the right version, no version 4 within version 6, neither multicast nor broadcast.
bool is_unicast(const struct network_address *address, bool is_version6);
// Whether it names a peer: not unspecified, and with a port.
bool is_remote(const struct network_address *address);

linux_errno new_host_socket(uint64_t flags, struct object **socket);
linux_errno socket_call(enum network_operation operation, struct object *socket, uint64_t argument, void *bytes, uint32_t length);
const struct result_address *address_result(struct object *socket, bool is_remote);
// Numbers of NetworkOption.
enum { OPTION_KEEP_ALIVE = 1, OPTION_IDLE, OPTION_INTERVAL, OPTION_COUNT, OPTION_HOPS, OPTION_RECEIVE, OPTION_SEND };
const struct result_long *option_long(struct object *socket, uint32_t option);
const struct result_small *option_small(struct object *socket, uint32_t option);
// 0 is an invalid argument, but for what is a boolean.
const struct result_small *set_option(struct object *socket, uint32_t option, uint64_t value);
