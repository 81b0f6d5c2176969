// Asks for sockets and names, and says what error-code it was given.
#include "client.h"

IMPORT("sockets/instance-network", "instance-network") handle instance_network(void);
IMPORT("sockets/network", "[resource-drop]network") void drop_network(handle network);
struct result {
  uint8_t is_error;
  union {
    uint32_t handle;
    uint8_t code;
  };
};
IMPORT("sockets/tcp-create-socket", "create-tcp-socket") void create_tcp(uint32_t family, struct result *result);
IMPORT("sockets/udp-create-socket", "create-udp-socket") void create_udp(uint32_t family, struct result *result);
IMPORT("sockets/ip-name-lookup", "resolve-addresses")
void resolve(handle network, const char *name, uint32_t length, struct result *result);

static void show(const char *what, const struct result *result) {
  print(what);
  say(result->is_error ? " is refused:" : " is there:", result->is_error ? result->code : 0);
}

RUN uint32_t run(void) {
  struct result result;
  handle network = instance_network();
  create_tcp(0, &result);
  show("tcp", &result);
  create_udp(1, &result);
  show("udp", &result);
  resolve(network, "localhost", 9, &result);
  show("localhost", &result);
  drop_network(network);
  return 0;
}
