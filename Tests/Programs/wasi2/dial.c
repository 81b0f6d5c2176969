// Reads "NAME PORT" from standard input, looks the name up, connects to its first address of version 4 by wasi:sockets, sends a line and prints what comes
// back; of what goes wrong, which error-code of wasi:sockets it is.
#include "client.h"

#define TCP(name) IMPORT("sockets/tcp", "[method]tcp-socket." name)
#define ADDRESS uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t

struct small { uint8_t is_error, value; };
struct word { uint8_t is_error; union { uint32_t words[3]; uint8_t code; }; };
struct place { uint8_t is_error; uint32_t version; uint16_t port; uint8_t bytes[26]; };
struct bytes { uint8_t is_error; union { struct list list; uint8_t is_closed; }; };
struct next { uint8_t is_error, pad, code_or_some, pad2, is_version6, pad3; uint8_t bytes[16]; } __attribute__((aligned(2)));

IMPORT("cli/stdin", "get-stdin") handle get_stdin(void);
IMPORT("io/poll", "[method]pollable.block") void block(handle self);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle self);
IMPORT("io/streams", "[method]input-stream.blocking-read") void blocking_read(handle self, uint64_t length, struct bytes *result);
IMPORT("sockets/instance-network", "instance-network") handle instance_network(void);
IMPORT("sockets/ip-name-lookup", "resolve-addresses") void resolve(handle network, const char *name, uint32_t length, struct word *result);
IMPORT("sockets/ip-name-lookup", "[method]resolve-address-stream.resolve-next-address") void next_address(handle self, struct next *result);
IMPORT("sockets/ip-name-lookup", "[method]resolve-address-stream.subscribe") handle lookup_subscribe(handle self);
IMPORT("sockets/tcp-create-socket", "create-tcp-socket") void create_tcp(uint32_t family, struct word *result);
IMPORT("sockets/udp-create-socket", "create-udp-socket") void create_udp(uint32_t family, struct word *result);
TCP("start-bind") void tcp_start_bind(handle self, handle network, ADDRESS, struct small *result);
TCP("finish-bind") void tcp_finish_bind(handle self, struct small *result);
TCP("start-listen") void tcp_start_listen(handle self, struct small *result);
TCP("start-connect") void tcp_start_connect(handle self, handle network, ADDRESS, struct small *result);
TCP("finish-connect") void tcp_finish_connect(handle self, struct word *result);
TCP("local-address") void tcp_local_address(handle self, struct place *result);
TCP("remote-address") void tcp_remote_address(handle self, struct place *result);
TCP("set-hop-limit") void tcp_set_hops(handle self, uint32_t value, struct small *result);
TCP("subscribe") handle tcp_subscribe(handle self);

static void wait_for(handle pollable) {
  block(pollable);
  drop_pollable(pollable);
}

static uint32_t failed(const char *what, uint32_t code) {
  say(what, code);
  return 0;
}

// What it is not given on a node.
static void try_others(handle network) {
  struct word made;
  struct small result;
  create_udp(0, &made);
  say("udp", made.is_error ? 100 + made.code : 0);
  create_tcp(0, &made);
  if (made.is_error) return say("tcp", 100 + made.code);
  tcp_start_bind(made.words[0], network, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, &result);
  say("bind to any port", result.is_error ? 100 + result.value : 0);
  tcp_finish_bind(made.words[0], &result);
  tcp_start_listen(made.words[0], &result);
  say("listen", result.is_error ? 100 + result.value : 0);
  create_tcp(0, &made);
  tcp_start_bind(made.words[0], network, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, &result);
  say("bind to a port", result.is_error ? 100 + result.value : 0);
}

RUN uint32_t run(void) {
  struct bytes read;
  blocking_read(get_stdin(), 300, &read);
  if (read.is_error) return 1;
  const char *line = (const char *)read.list.elements;
  uint32_t length = 0, port = 0;
  while (length < read.list.count && line[length] != ' ') length++;
  for (uint32_t place = length + 1; place < read.list.count && line[place] >= '0' && line[place] <= '9'; place++) port = 10 * port + (uint32_t)(line[place] - '0');
  handle network = instance_network();
  if (port == 0) {
    try_others(network);
    return 0;
  }
  struct word made;
  resolve(network, line, length, &made);
  if (made.is_error) return failed("no name:", made.code);
  wait_for(lookup_subscribe(made.words[0]));
  struct next address;
  do {
    next_address(made.words[0], &address);
    if (address.is_error) return failed("no address:", address.code_or_some);
    if (!address.code_or_some) return failed("no address of version", 4);
  } while (address.is_version6);
  struct small result;
  create_tcp(0, &made);
  if (made.is_error) return failed("no socket:", made.code);
  handle socket = made.words[0];
  tcp_start_connect(socket, network, 0, port, address.bytes[0], address.bytes[1], address.bytes[2], address.bytes[3], 0, 0, 0, 0, 0, 0, &result);
  if (result.is_error) return failed("not begun:", result.value);
  wait_for(tcp_subscribe(socket));
  tcp_finish_connect(socket, &made);
  if (made.is_error) return failed("not connected:", made.code);
  struct place ends[2];
  tcp_local_address(socket, &ends[0]);
  tcp_remote_address(socket, &ends[1]);
  say("from 127:", !ends[0].is_error && ends[0].bytes[0] == 127);
  say("to its port:", !ends[1].is_error && ends[1].port == port);
  tcp_set_hops(socket, 9, &result);
  say("option", result.is_error ? 100 + result.value : 0);
  struct { uint8_t is_error; uint32_t error[2]; } written;
  write_and_flush(made.words[1], "GET / HTTP/1.1\r\n\r\n", 18, (struct stream_result *)&written);
  for (;;) {
    blocking_read(made.words[0], 1000, &read);
    if (read.is_error) break;
    print_bytes(read.list.elements, read.list.count);
  }
  return 0;
}
