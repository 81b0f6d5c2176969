// wasi:sockets/udp and udp-create-socket.
#include "sockets.h"

enum state { UNBOUND, BIND_STARTED, BOUND, CONNECTED };
enum { DATAGRAM_LIMIT = 65507, BATCH_LIMIT = 16 };

EXPORT("sockets/udp-create-socket#create-udp-socket") const struct result_handle *create_udp_socket(uint32_t is_version6) {
  static struct result_handle result;
  struct object *socket = 0;
  linux_errno number = new_host_socket(NET_DATAGRAMS | (is_version6 ? NET_VERSION6 : 0), &socket);
  result = (struct result_handle){number != 0, {.code = socket_error(number)}};
  if (number) return &result;
  struct object *object = new_object(KIND_UDP);
  object->udp.socket = socket;
  object->udp.is_version6 = is_version6 != 0;
  result.handle = new_udp_socket(object);
  return &result;
}

static const struct result_small *in_state_of(const struct object *udp) {
  return socket_refusal(udp->udp.state == BIND_STARTED ? CODE_CONCURRENCY_CONFLICT : CODE_INVALID_STATE);
}

EXPORT("sockets/udp#[method]udp-socket.start-bind")
const struct result_small *udp_start_bind(struct object *udp, const struct object *, ADDRESS) {
  struct network_address address = address_of_values(ADDRESS_VALUES);
  if (udp->udp.state != UNBOUND) return in_state_of(udp);
  if ((address.family == 6) != udp->udp.is_version6) return socket_refusal(CODE_INVALID_ARGUMENT);
  linux_errno number = socket_call(NET_BIND, udp->udp.socket, 0, &address, sizeof address);
  if (!number) udp->udp.state = BIND_STARTED;
  return socket_outcome(number);
}

EXPORT("sockets/udp#[method]udp-socket.finish-bind") const struct result_small *udp_finish_bind(struct object *udp) {
  if (udp->udp.state != BIND_STARTED) return socket_refusal(CODE_NOT_IN_PROGRESS);
  udp->udp.state = BOUND;
  return socket_outcome(0);
}

// result<tuple<incoming-datagram-stream, outgoing-datagram-stream>, error-code>
struct result_streams {
  uint8_t is_error;
  union {
    uint32_t streams[2];
    uint8_t code;
  };
};

static struct object *new_datagrams(struct object *udp) {
  struct object *object = new_object(KIND_DATAGRAMS);
  object->datagrams.socket = retained_socket(udp->udp.socket);
  object->datagrams.is_connected = udp->udp.state == CONNECTED;
  object->datagrams.is_version6 = udp->udp.is_version6;
  return object;
}

EXPORT("sockets/udp#[method]udp-socket.stream")
const struct result_streams *udp_stream(struct object *udp, uint32_t has_remote, ADDRESS) {
  static struct result_streams result;
  result = (struct result_streams){true, {.code = udp->udp.state == BIND_STARTED ? CODE_CONCURRENCY_CONFLICT : CODE_INVALID_STATE}};
  if (udp->udp.state != BOUND && udp->udp.state != CONNECTED) return &result;
  struct network_address address = has_remote ? address_of_values(ADDRESS_VALUES) : (struct network_address){0};
  if (has_remote && (!is_unicast(&address, udp->udp.is_version6) || !is_remote(&address))) {
    result.code = CODE_INVALID_ARGUMENT;
    return &result;
  }
  if (has_remote || udp->udp.state == CONNECTED) {
    linux_errno number = socket_call(NET_CONNECT, udp->udp.socket, 0, &address, sizeof address);
    result.code = socket_error(number);
    if (number) return &result;
  }
  udp->udp.state = has_remote ? CONNECTED : BOUND;
  result.is_error = false;
  result.streams[0] = new_incoming_datagram_stream(new_datagrams(udp));
  result.streams[1] = new_outgoing_datagram_stream(new_datagrams(udp));
  return &result;
}

// MARK: Receiving

struct incoming_datagram {
  struct list data;
  struct socket_address remote;
};
_Static_assert(sizeof(struct incoming_datagram) == 40, "the canonical ABI");

// result<list<_>, error-code>
struct result_list {
  uint8_t is_error;
  union {
    struct list list;
    uint8_t code;
  };
};

EXPORT("sockets/udp#[method]incoming-datagram-stream.receive")
const struct result_list *udp_receive(struct object *stream, uint64_t limit) {
  begin_call();
  static struct result_list result;
  struct {
    struct network_address address;
    uint8_t data[DATAGRAM_LIMIT + 1];
  } *datagram = allocate(sizeof *datagram);
  uint32_t wanted = limit < BATCH_LIMIT ? (uint32_t)limit : BATCH_LIMIT;
  struct incoming_datagram *datagrams = allocate(wanted * sizeof *datagrams);
  result = (struct result_list){false, {.list = {datagrams, 0}}};
  while (result.list.count < wanted) {
    uint32_t count;
    linux_errno number = socket_read(stream->datagrams.socket, datagram, sizeof *datagram, &count);
    if (number == LINUX_EAGAIN || (number && result.list.count)) break;
    if (number) {
      result = (struct result_list){true, {.code = socket_error(number)}};
      break;
    }
    if (count < sizeof datagram->address) break;
    count -= sizeof datagram->address;
    uint8_t *data = allocate(count);
    __builtin_memcpy(data, datagram->data, count);
    datagrams[result.list.count++] = (struct incoming_datagram){{data, count}, told_address(&datagram->address)};
  }
  return &result;
}

EXPORT("sockets/udp#[method]incoming-datagram-stream.subscribe") uint32_t incoming_subscribe(const struct object *stream) {
  return new_pollable(pollable_socket(stream->datagrams.socket, NET_READABLE));
}

// MARK: Sending

struct outgoing_datagram {
  const uint8_t *data;
  uint32_t length;
  uint8_t has_remote;
  struct socket_address remote;
};
_Static_assert(sizeof(struct outgoing_datagram) == 44, "the canonical ABI");

EXPORT("sockets/udp#[method]outgoing-datagram-stream.check-send") const struct result_long *udp_check_send(struct object *stream) {
  static struct result_long result;
  stream->datagrams.permitted = wait_for_socket(stream->datagrams.socket, NET_WRITABLE, 0) ? BATCH_LIMIT : 0;
  result = (struct result_long){false, {.value = stream->datagrams.permitted}};
  return &result;
}

static linux_errno send_one(const struct object *stream, const struct outgoing_datagram *datagram) {
  struct network_address address = {0};
  if (datagram->has_remote) {
    address = address_of(&datagram->remote);
    if (!is_unicast(&address, stream->datagrams.is_version6) || !is_remote(&address)) return LINUX_EINVAL;
  } else if (!stream->datagrams.is_connected) {
    return LINUX_EINVAL;
  }
  if (datagram->length > DATAGRAM_LIMIT) return LINUX_EMSGSIZE;
  uint8_t *bytes = allocate(sizeof address + datagram->length);
  __builtin_memcpy(bytes, &address, sizeof address);
  __builtin_memcpy(bytes + sizeof address, datagram->data, datagram->length);
  uint32_t count;
  return socket_write(stream->datagrams.socket, bytes, sizeof address + datagram->length, &count);
}

EXPORT("sockets/udp#[method]outgoing-datagram-stream.send")
const struct result_long *udp_send(struct object *stream, const struct outgoing_datagram *datagrams, uint32_t count) {
  begin_call();
  static struct result_long result;
  result = (struct result_long){0};
  // As the interface says of more than was permitted.
  if (count > stream->datagrams.permitted) __builtin_trap();
  stream->datagrams.permitted = 0;
  while (result.value < count) {
    linux_errno number = send_one(stream, &datagrams[result.value]);
    if (number == LINUX_EAGAIN || (number && result.value)) break;
    if (number) {
      result = (struct result_long){true, {.code = socket_error(number)}};
      break;
    }
    result.value++;
  }
  return &result;
}

EXPORT("sockets/udp#[method]outgoing-datagram-stream.subscribe") uint32_t outgoing_subscribe(const struct object *stream) {
  return new_pollable(pollable_socket(stream->datagrams.socket, NET_WRITABLE));
}

// MARK: What it is

static const struct result_address *no_address(uint8_t code) {
  static struct result_address result;
  result = (struct result_address){true, {.code = code}};
  return &result;
}

EXPORT("sockets/udp#[method]udp-socket.local-address") const struct result_address *udp_local_address(struct object *udp) {
  if (udp->udp.state == UNBOUND) return no_address(CODE_INVALID_STATE);
  if (udp->udp.state == BIND_STARTED) return no_address(CODE_CONCURRENCY_CONFLICT);
  return address_result(udp->udp.socket, false);
}

EXPORT("sockets/udp#[method]udp-socket.remote-address") const struct result_address *udp_remote_address(struct object *udp) {
  if (udp->udp.state != CONNECTED) return no_address(CODE_INVALID_STATE);
  return address_result(udp->udp.socket, true);
}

EXPORT("sockets/udp#[method]udp-socket.address-family") uint32_t udp_address_family(const struct object *udp) {
  return udp->udp.is_version6;
}
EXPORT("sockets/udp#[method]udp-socket.subscribe") uint32_t udp_subscribe(const struct object *) { return new_pollable(pollable_ready()); }

EXPORT("sockets/udp#[method]udp-socket.unicast-hop-limit") const struct result_small *udp_hop_limit(struct object *udp) {
  return option_small(udp->udp.socket, OPTION_HOPS);
}
EXPORT("sockets/udp#[method]udp-socket.set-unicast-hop-limit")
const struct result_small *udp_set_hop_limit(struct object *udp, uint32_t value) {
  return set_option(udp->udp.socket, OPTION_HOPS, value & 255);
}
EXPORT("sockets/udp#[method]udp-socket.receive-buffer-size") const struct result_long *udp_receive_size(struct object *udp) {
  return option_long(udp->udp.socket, OPTION_RECEIVE);
}
EXPORT("sockets/udp#[method]udp-socket.set-receive-buffer-size")
const struct result_small *udp_set_receive_size(struct object *udp, uint64_t value) {
  return set_option(udp->udp.socket, OPTION_RECEIVE, value);
}
EXPORT("sockets/udp#[method]udp-socket.send-buffer-size") const struct result_long *udp_send_size(struct object *udp) {
  return option_long(udp->udp.socket, OPTION_SEND);
}
EXPORT("sockets/udp#[method]udp-socket.set-send-buffer-size")
const struct result_small *udp_set_send_size(struct object *udp, uint64_t value) {
  return set_option(udp->udp.socket, OPTION_SEND, value);
}
