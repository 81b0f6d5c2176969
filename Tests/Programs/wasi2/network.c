// Sockets of WASI 0.2 over loopback, both ends in one program: TCP, UDP, names, options, states, and the errors of the specification. What it prints
// is the same wherever it runs.
#include "client.h"

#define TCP(name) IMPORT("sockets/tcp", "[method]tcp-socket." name)
#define UDP(name) IMPORT("sockets/udp", "[method]udp-socket." name)
#define ADDRESS uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t
#define LOCAL(port) 0, port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0
#define LOCAL6(port) 1, port, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0

struct small { uint8_t is_error, value; };
struct word { uint8_t is_error; union { uint32_t words[3]; uint8_t code; }; };
struct wide { uint8_t is_error; union { uint64_t value; uint8_t code; }; };
struct place {
  uint8_t is_error;
  union {
    struct { uint8_t is_version6, pad[3]; uint16_t port; uint8_t bytes[26]; } address;
    uint8_t code;
    uint32_t aligned;
  };
};
struct bytes {
  uint8_t is_error;
  union {
    struct list list;
    struct { uint8_t is_closed; uint32_t error; };
  };
};

IMPORT("sockets/instance-network", "instance-network") handle instance_network(void);
IMPORT("sockets/tcp-create-socket", "create-tcp-socket") void create_tcp(uint32_t family, struct word *result);
IMPORT("sockets/udp-create-socket", "create-udp-socket") void create_udp(uint32_t family, struct word *result);
TCP("start-bind") void tcp_start_bind(handle self, handle network, ADDRESS, struct small *result);
TCP("finish-bind") void tcp_finish_bind(handle self, struct small *result);
TCP("start-connect") void tcp_start_connect(handle self, handle network, ADDRESS, struct small *result);
TCP("finish-connect") void tcp_finish_connect(handle self, struct word *result);
TCP("start-listen") void tcp_start_listen(handle self, struct small *result);
TCP("finish-listen") void tcp_finish_listen(handle self, struct small *result);
TCP("accept") void tcp_accept(handle self, struct word *result);
TCP("local-address") void tcp_local_address(handle self, struct place *result);
TCP("remote-address") void tcp_remote_address(handle self, struct place *result);
TCP("is-listening") uint32_t tcp_is_listening(handle self);
TCP("address-family") uint32_t tcp_address_family(handle self);
TCP("subscribe") handle tcp_subscribe(handle self);
TCP("shutdown") void tcp_shutdown(handle self, uint32_t type, struct small *result);
TCP("set-keep-alive-enabled") void tcp_set_keep_alive(handle self, uint32_t value, struct small *result);
TCP("keep-alive-enabled") void tcp_keep_alive(handle self, struct small *result);
TCP("set-keep-alive-idle-time") void tcp_set_idle(handle self, uint64_t value, struct small *result);
TCP("keep-alive-idle-time") void tcp_idle(handle self, struct wide *result);
TCP("set-keep-alive-count") void tcp_set_count(handle self, uint32_t value, struct small *result);
TCP("keep-alive-count") void tcp_count(handle self, struct word *result);
TCP("set-hop-limit") void tcp_set_hops(handle self, uint32_t value, struct small *result);
TCP("hop-limit") void tcp_hops(handle self, struct small *result);
TCP("set-receive-buffer-size") void tcp_set_receive(handle self, uint64_t value, struct small *result);
TCP("set-listen-backlog-size") void tcp_set_backlog(handle self, uint64_t value, struct small *result);
IMPORT("sockets/tcp", "[resource-drop]tcp-socket") void drop_tcp(handle self);
UDP("start-bind") void udp_start_bind(handle self, handle network, ADDRESS, struct small *result);
UDP("finish-bind") void udp_finish_bind(handle self, struct small *result);
UDP("stream") void udp_stream(handle self, uint32_t has_remote, ADDRESS, struct word *result);
UDP("local-address") void udp_local_address(handle self, struct place *result);
UDP("remote-address") void udp_remote_address(handle self, struct place *result);
UDP("set-unicast-hop-limit") void udp_set_hops(handle self, uint32_t value, struct small *result);
IMPORT("sockets/udp", "[method]incoming-datagram-stream.receive") void receive(handle self, uint64_t limit, struct bytes *result);
IMPORT("sockets/udp", "[method]incoming-datagram-stream.subscribe") handle incoming_subscribe(handle self);
IMPORT("sockets/udp", "[method]outgoing-datagram-stream.check-send") void check_send(handle self, struct wide *result);
IMPORT("sockets/udp", "[method]outgoing-datagram-stream.send") void send(handle self, const void *list, uint32_t count, struct wide *result);
IMPORT("sockets/udp", "[resource-drop]incoming-datagram-stream") void drop_incoming(handle self);
IMPORT("sockets/udp", "[resource-drop]outgoing-datagram-stream") void drop_outgoing(handle self);
IMPORT("sockets/ip-name-lookup", "resolve-addresses") void resolve(handle network, const char *name, uint32_t length, struct word *result);
IMPORT("sockets/ip-name-lookup", "[method]resolve-address-stream.resolve-next-address") void next_address(handle self, void *result);
IMPORT("sockets/ip-name-lookup", "[method]resolve-address-stream.subscribe") handle lookup_subscribe(handle self);
IMPORT("io/poll", "[method]pollable.block") void block(handle self);
IMPORT("io/poll", "[method]pollable.ready") uint32_t is_ready(handle self);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle self);
IMPORT("io/poll", "poll") void poll(const handle *pollables, uint32_t count, struct list *result);
IMPORT("io/streams", "[method]input-stream.read") void stream_read(handle self, uint64_t length, struct bytes *result);
IMPORT("io/streams", "[method]input-stream.blocking-read") void blocking_read(handle self, uint64_t length, struct bytes *result);
IMPORT("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle self);
IMPORT("io/streams", "[method]output-stream.check-write") void check_write(handle self, struct wide *result);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle self, const void *bytes, uint32_t length, void *result);
IMPORT("io/streams", "[method]output-stream.splice") void splice(handle self, handle source, uint64_t length, struct wide *result);
IMPORT("io/streams", "[method]output-stream.blocking-splice") void blocking_splice(handle self, handle source, uint64_t length, struct wide *result);
IMPORT("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle self);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(handle self);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(handle self);

static handle network;

static void wait_for(handle pollable) {
  block(pollable);
  drop_pollable(pollable);
}

static void show(const char *what, const struct small *result) { say(what, result->is_error ? 100 + result->value : 0); }
static void show_word(const char *what, const struct word *result) { say(what, result->is_error ? 100 + result->code : 0); }

static handle new_tcp(uint32_t family) {
  struct word made;
  create_tcp(family, &made);
  if (made.is_error) __builtin_trap();
  return made.words[0];
}

static uint16_t port_of(handle socket, void (*ask)(handle, struct place *)) {
  struct place place;
  ask(socket, &place);
  return place.is_error ? 0 : place.address.port;
}

static handle bound(uint16_t *port) {
  struct small result;
  handle socket = new_tcp(0);
  tcp_start_bind(socket, network, LOCAL(0), &result);
  show("bind", &result);
  tcp_finish_bind(socket, &result);
  show("bound", &result);
  *port = port_of(socket, tcp_local_address);
  return socket;
}

static void states(void) {
  struct small result;
  struct word word;
  struct place place;
  handle socket = new_tcp(0);
  say("family", tcp_address_family(socket));
  tcp_start_listen(socket, &result);
  show("listen unbound", &result);
  tcp_finish_bind(socket, &result);
  show("finish no bind", &result);
  tcp_finish_connect(socket, &word);
  show_word("finish no connect", &word);
  tcp_accept(socket, &word);
  show_word("accept unbound", &word);
  tcp_local_address(socket, &place);
  say("address unbound", place.is_error ? 100 + place.code : 0);
  tcp_remote_address(socket, &place);
  say("peer of none", place.is_error ? 100 + place.code : 0);
  tcp_shutdown(socket, 2, &result);
  show("shutdown unbound", &result);
  tcp_start_bind(socket, network, LOCAL6(0), &result);
  show("bind of another family", &result);
  tcp_start_connect(socket, network, LOCAL(0), &result);
  show("connect to port 0", &result);
  tcp_start_connect(socket, network, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, &result);
  show("connect to nowhere", &result);
  tcp_start_connect(socket, network, 0, 80, 224, 0, 0, 1, 0, 0, 0, 0, 0, 0, &result);
  show("connect to many", &result);
  tcp_start_bind(socket, network, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, &result);
  show("bind to all", &result);
  tcp_set_backlog(socket, 0, &result);
  show("backlog 0", &result);
  tcp_set_hops(socket, 0, &result);
  show("hops 0", &result);
  tcp_set_count(socket, 0, &result);
  show("count 0", &result);
  tcp_set_idle(socket, 0, &result);
  show("idle 0", &result);
  tcp_set_receive(socket, 0, &result);
  show("buffer 0", &result);
  tcp_start_bind(socket, network, LOCAL(0), &result);
  tcp_start_listen(socket, &result);
  show("listen while binding", &result);
  tcp_finish_bind(socket, &result);
  tcp_start_bind(socket, network, LOCAL(0), &result);
  show("bind again", &result);
  drop_tcp(socket);
}

static void options(handle socket) {
  struct small result;
  struct wide wide;
  struct word word;
  tcp_set_keep_alive(socket, 1, &result);
  tcp_keep_alive(socket, &result);
  say("keep-alive", result.value);
  tcp_set_idle(socket, 5000000000, &result);
  tcp_idle(socket, &wide);
  say("idle", wide.value);
  tcp_set_count(socket, 3, &result);
  tcp_count(socket, &word);
  say("count", word.words[0]);
  tcp_set_hops(socket, 42, &result);
  tcp_hops(socket, &result);
  say("hops", result.value);
}

static void show_read(const char *what, const struct bytes *read) {
  print(what);
  print(": ");
  if (read->is_error) print(read->is_closed ? "closed" : "failed");
  else print_bytes(read->list.elements, read->list.count);
  print("\n");
}

// More than the system keeps between two sockets, written and read in turns without waiting in either.
static void much(handle output, handle input) {
  static uint8_t piece[65536];
  enum { TOTAL = 8 << 20 };
  uint64_t written = 0, have = 0, wrong = 0;
  struct bytes read;
  struct wide room;
  struct { uint8_t is_error; uint32_t error[2]; } result;
  while (have < TOTAL) {
    if (written < TOTAL) {
      check_write(output, &room);
      if (room.is_error) __builtin_trap();
      uint64_t count = room.value < sizeof piece ? room.value : sizeof piece;
      if (count > TOTAL - written) count = TOTAL - written;
      for (uint64_t index = 0; index < count; index++) piece[index] = (uint8_t)((written + index) * 7 >> 3);
      if (count) stream_write(output, piece, (uint32_t)count, &result);
      if (count && result.is_error) __builtin_trap();
      written += count;
      if (count) continue;
    }
    handle waited[2] = {input_subscribe(input), output_subscribe(output)};
    struct list ready;
    poll(waited, written < TOTAL ? 2 : 1, &ready);
    drop_pollable(waited[0]);
    drop_pollable(waited[1]);
    stream_read(input, 1 << 20, &read);
    if (read.is_error) __builtin_trap();
    for (uint32_t index = 0; index < read.list.count; index++) wrong += read.list.elements[index] != (uint8_t)((have + index) * 7 >> 3);
    have += read.list.count;
  }
  say("went through", have);
  say("of it wrong", wrong);
}

static void tcp(void) {
  struct small result;
  struct word word;
  struct bytes read;
  uint16_t port;
  handle server = bound(&port);
  say("has a port", port != 0);
  tcp_finish_bind(server, &result);
  show("bound twice", &result);
  tcp_start_listen(server, &result);
  show("listen", &result);
  tcp_finish_listen(server, &result);
  show("listening", &result);
  say("is listening", tcp_is_listening(server));
  tcp_accept(server, &word);
  show_word("accept too early", &word);
  handle client = new_tcp(0);
  tcp_start_connect(client, network, LOCAL(port), &result);
  show("connect", &result);
  wait_for(tcp_subscribe(client));
  tcp_finish_connect(client, &word);
  show_word("connected", &word);
  handle client_in = word.words[0], client_out = word.words[1];
  wait_for(tcp_subscribe(server));
  tcp_accept(server, &word);
  show_word("accepted", &word);
  handle accepted = word.words[0], server_in = word.words[1], server_out = word.words[2];
  say("peers agree", port_of(client, tcp_local_address) == port_of(accepted, tcp_remote_address) && port_of(client, tcp_remote_address) == port);
  tcp_start_connect(client, network, LOCAL(port), &result);
  show("connect again", &result);
  stream_read(server_in, 10, &read);
  show_read("nothing yet", &read);
  struct { uint8_t is_error; uint32_t error[2]; } written;
  write_and_flush(client_out, "hello", 5, (struct stream_result *)&written);
  blocking_read(server_in, 10, &read);
  show_read("server", &read);
  much(server_out, client_in);
  options(client);
  tcp_shutdown(accepted, 1, &result);
  show("shutdown", &result);
  write_and_flush(server_out, "more", 4, (struct stream_result *)&written);
  say("written after that", !written.is_error);
  blocking_read(client_in, 10, &read);
  show_read("client", &read);
  stream_read(client_in, 10, &read);
  show_read("still", &read);
  write_and_flush(client_out, "late", 4, (struct stream_result *)&written);
  blocking_read(server_in, 10, &read);
  show_read("half open", &read);
  write_and_flush(client_out, "lost", 4, (struct stream_result *)&written);
  tcp_shutdown(accepted, 2, &result);
  show("shutdown of both", &result);
  blocking_read(server_in, 10, &read);
  show_read("what was there", &read);
  drop_input(server_in);
  drop_output(server_out);
  drop_tcp(accepted);
  drop_input(client_in);
  drop_output(client_out);
  drop_tcp(client);
  drop_tcp(server);
  // Nobody listens at a port that is only bound.
  handle idle = bound(&port), caller = new_tcp(0);
  tcp_start_connect(caller, network, LOCAL(port), &result);
  wait_for(tcp_subscribe(caller));
  tcp_finish_connect(caller, &word);
  show_word("refused", &word);
  drop_tcp(caller);
  drop_tcp(idle);
}

// A stream that takes no more takes nothing from another either, and does not wait for room.
static void splices(handle output, handle reader, handle input) {
  static uint8_t piece[65536];
  struct { uint8_t is_error; uint32_t error[2]; } result;
  struct wide room, first, second = {0};
  struct bytes read;
  uint64_t written = 0, have = 0;
  for (uint32_t refusals = 0; refusals < 100;) {
    check_write(output, &room);
    if (room.is_error) __builtin_trap();
    if (room.value == 0) {
      refusals++;
      continue;
    }
    uint32_t count = room.value < sizeof piece ? (uint32_t)room.value : sizeof piece;
    stream_write(output, piece, count, &result);
    if (result.is_error) __builtin_trap();
    written += count;
  }
  wait_for(input_subscribe(input));
  splice(output, input, 5, &first);
  if (first.is_error) __builtin_trap();
  while (have < written) {
    wait_for(input_subscribe(reader));
    stream_read(reader, 1 << 20, &read);
    if (read.is_error) __builtin_trap();
    have += read.list.count;
  }
  if (!first.value) blocking_splice(output, input, 5, &second);
  say("spliced", first.value + second.value);
  if (have == written) blocking_read(reader, 5, &read);
  say("arrived", have + read.list.count - written);
}

// One pollable for each socket, made with it and kept for all that it does.
static void kept(void) {
  struct small result;
  struct word word;
  handle server = new_tcp(0), client = new_tcp(0);
  handle of_server = tcp_subscribe(server), of_client = tcp_subscribe(client);
  say("nothing to wait for", is_ready(of_server));
  tcp_start_bind(server, network, LOCAL(0), &result);
  tcp_finish_bind(server, &result);
  uint16_t port = port_of(server, tcp_local_address);
  tcp_start_listen(server, &result);
  tcp_finish_listen(server, &result);
  say("nobody calls", is_ready(of_server));
  tcp_start_connect(client, network, LOCAL(port), &result);
  block(of_client);
  tcp_finish_connect(client, &word);
  show_word("connected", &word);
  handle client_in = word.words[0], client_out = word.words[1];
  block(of_server);
  tcp_accept(server, &word);
  show_word("accepted", &word);
  say("nobody else calls", is_ready(of_server));
  struct { uint8_t is_error; uint32_t error[2]; } written;
  write_and_flush(client_out, "hello", 5, (struct stream_result *)&written);
  splices(word.words[2], client_in, word.words[1]);
  drop_pollable(of_server);
  drop_pollable(of_client);
}

struct datagram {
  const char *data;
  uint32_t length;
  uint8_t has_remote;
  uint8_t pad[3];
  uint8_t is_version6;
  uint8_t pad2[3];
  uint16_t port;
  uint8_t bytes[26];
};
_Static_assert(sizeof(struct datagram) == 44, "the canonical ABI");

static handle new_udp(uint16_t *port) {
  struct word made;
  struct small result;
  create_udp(0, &made);
  if (made.is_error) __builtin_trap();
  handle socket = made.words[0];
  udp_stream(socket, 0, LOCAL(0), &made);
  show_word("stream unbound", &made);
  udp_start_bind(socket, network, LOCAL(0), &result);
  show("udp bind", &result);
  udp_finish_bind(socket, &result);
  *port = port_of(socket, udp_local_address);
  return socket;
}

static void send_one(handle stream, const char *text, uint16_t port) {
  struct datagram datagram = {text, length_of(text), port != 0, {0}, 0, {0}, port, {127, 0, 0, 1}};
  struct wide room;
  check_send(stream, &room);
  say("may send", room.value > 0);
  send(stream, &datagram, 1, &room);
  say("sent", room.is_error ? 100 + room.code : room.value);
}

static void receive_one(handle stream, uint16_t from) {
  struct bytes read;
  wait_for(incoming_subscribe(stream));
  receive(stream, 5, &read);
  if (read.is_error) return say("not received", 100 + read.is_closed);
  struct { struct list data; uint8_t is_version6; uint16_t port; uint8_t bytes[26]; } const *datagram = (const void *)read.list.elements;
  say("datagrams", read.list.count);
  print_bytes(datagram->data.elements, datagram->data.count);
  say("", *(const uint16_t *)((const uint8_t *)datagram + 12) == from);
}

static void udp(void) {
  uint16_t ports[2];
  struct word first, second;
  struct place place;
  struct bytes read;
  handle sockets[2] = {new_udp(&ports[0]), new_udp(&ports[1])};
  udp_stream(sockets[0], 0, LOCAL(0), &first);
  show_word("stream", &first);
  udp_stream(sockets[1], 1, LOCAL(ports[0]), &second);
  show_word("stream to one", &second);
  udp_remote_address(sockets[0], &place);
  say("peer of any", place.is_error ? 100 + place.code : 0);
  udp_remote_address(sockets[1], &place);
  say("peer of one", !place.is_error && place.address.port == ports[0]);
  receive(first.words[0], 5, &read);
  say("nothing yet", read.is_error ? 100 : read.list.count);
  send_one(first.words[1], "to you", ports[1]);
  receive_one(second.words[0], ports[0]);
  send_one(second.words[1], "and back", 0);
  receive_one(first.words[0], ports[1]);
  send_one(first.words[1], "to nobody", 0);
  struct small result;
  udp_set_hops(sockets[0], 0, &result);
  show("udp hops 0", &result);
}

static void names(void) {
  struct word made;
  struct { uint8_t is_error, pad, code_or_some, pad2, is_version6, pad3; uint8_t bytes[16]; } address __attribute__((aligned(2)));
  const char *all[] = {"localhost", "127.0.0.1"};
  for (int index = 0; index < 2; index++) {
    resolve(network, all[index], length_of(all[index]), &made);
    show_word(all[index], &made);
    wait_for(lookup_subscribe(made.words[0]));
    bool found = false;
    for (;;) {
      next_address(made.words[0], &address);
      if (address.is_error || !address.code_or_some) break;
      if (!address.is_version6 && address.bytes[0] == 127 && address.bytes[3] == 1) found = true;
    }
    say("it is here", found && !address.is_error);
  }
  resolve(network, "no name", 7, &made);
  show_word("no name", &made);
}

RUN uint32_t run(void) {
  network = instance_network();
  states();
  tcp();
  kept();
  udp();
  names();
  return 0;
}
