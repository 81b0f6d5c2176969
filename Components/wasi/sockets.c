// wasi:sockets, while there is no network: every socket and name that is asked for is denied. What sockets themselves do stands in
// sockets-never.c.
#include "component.h"

enum { ACCESS_DENIED = 1 };

static const struct result_handle denied = {true, {.code = ACCESS_DENIED}};

EXPORT("sockets/instance-network#instance-network") uint32_t instance_network(void) { return new_network(new_object(KIND_EMPTY)); }
EXPORT("sockets/tcp-create-socket#create-tcp-socket") const struct result_handle *create_tcp_socket(uint32_t) { return &denied; }
EXPORT("sockets/udp-create-socket#create-udp-socket") const struct result_handle *create_udp_socket(uint32_t) { return &denied; }

EXPORT("sockets/ip-name-lookup#resolve-addresses") const struct result_handle *resolve_addresses(
    const struct object *, const uint8_t *, uint32_t) {
  begin_call();
  return &denied;
}

// No error comes from a network.
EXPORT("sockets/network#network-error-code") const struct result_small *network_error_code(const struct object *) {
  static const struct result_small none;
  return &none;
}
