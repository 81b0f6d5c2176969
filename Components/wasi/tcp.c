// wasi:sockets/tcp and tcp-create-socket. Binding and listening are done when they begin; connecting is the host's, which says when it is done.
#include "sockets.h"

enum state { UNBOUND, BIND_STARTED, BOUND, CONNECTING, CONNECTED, LISTEN_STARTED, LISTENING, FAILED };
enum { DEFAULT_BACKLOG = 128, BACKLOG_LIMIT = 4096 };

// What its pollables wait for is the state's, also of those that were there before.
static void enter(struct object *tcp, enum state state) {
  tcp->tcp.state = state;
  tcp->tcp.socket->socket.awaited = state == LISTENING ? NET_READABLE : state == CONNECTING && !tcp->tcp.error ? NET_WRITABLE : 0;
}

static struct object *new_tcp(struct object *socket, bool is_version6, enum state state) {
  struct object *object = new_object(KIND_TCP);
  object->tcp.socket = socket;
  object->tcp.is_version6 = is_version6;
  enter(object, state);
  object->tcp.backlog = DEFAULT_BACKLOG;
  return object;
}

EXPORT("sockets/tcp-create-socket#create-tcp-socket") const struct result_handle *create_tcp_socket(uint32_t is_version6) {
  static struct result_handle result;
  struct object *socket = 0;
  linux_errno number = new_host_socket(is_version6 ? NET_VERSION6 : 0, &socket);
  result = (struct result_handle){number != 0, {.code = socket_error(number)}};
  if (!number) result.handle = new_tcp_socket(new_tcp(socket, is_version6 != 0, UNBOUND));
  return &result;
}

static bool has_begun(const struct object *tcp) {
  return tcp->tcp.state == BIND_STARTED || tcp->tcp.state == CONNECTING || tcp->tcp.state == LISTEN_STARTED;
}

static const struct result_small *in_state_of(const struct object *tcp) {
  return socket_refusal(has_begun(tcp) ? CODE_CONCURRENCY_CONFLICT : CODE_INVALID_STATE);
}

// What a started operation needs to be finished.
static const struct result_small *finish(struct object *tcp, enum state started, enum state done) {
  if (tcp->tcp.state != started) return socket_refusal(CODE_NOT_IN_PROGRESS);
  enter(tcp, done);
  return socket_outcome(0);
}

// MARK: Binding

EXPORT("sockets/tcp#[method]tcp-socket.start-bind")
const struct result_small *tcp_start_bind(struct object *tcp, const struct object *, ADDRESS) {
  struct network_address address = address_of_values(ADDRESS_VALUES);
  if (tcp->tcp.state != UNBOUND) return in_state_of(tcp);
  if (!is_unicast(&address, tcp->tcp.is_version6)) return socket_refusal(CODE_INVALID_ARGUMENT);
  linux_errno number = socket_call(NET_BIND, tcp->tcp.socket, 0, &address, sizeof address);
  if (!number) enter(tcp, BIND_STARTED);
  return socket_outcome(number);
}

EXPORT("sockets/tcp#[method]tcp-socket.finish-bind") const struct result_small *tcp_finish_bind(struct object *tcp) {
  return finish(tcp, BIND_STARTED, BOUND);
}

// MARK: Connecting

EXPORT("sockets/tcp#[method]tcp-socket.start-connect")
const struct result_small *tcp_start_connect(struct object *tcp, const struct object *, ADDRESS) {
  struct network_address address = address_of_values(ADDRESS_VALUES);
  if (tcp->tcp.state != UNBOUND && tcp->tcp.state != BOUND) return in_state_of(tcp);
  if (!is_unicast(&address, tcp->tcp.is_version6) || !is_remote(&address)) return socket_refusal(CODE_INVALID_ARGUMENT);
  linux_errno number = socket_call(NET_CONNECT, tcp->tcp.socket, 0, &address, sizeof address);
  if (number == LINUX_EACCES) return socket_refusal(CODE_ACCESS_DENIED);
  // What went wrong is told when it is asked for.
  tcp->tcp.error = number == LINUX_EINPROGRESS ? 0 : number;
  enter(tcp, CONNECTING);
  return socket_outcome(0);
}

// result<tuple<input-stream, output-stream>, error-code>
struct result_streams {
  uint8_t is_error;
  union {
    uint32_t streams[2];
    uint8_t code;
  };
};

EXPORT("sockets/tcp#[method]tcp-socket.finish-connect") const struct result_streams *tcp_finish_connect(struct object *tcp) {
  static struct result_streams result;
  result = (struct result_streams){true, {.code = CODE_NOT_IN_PROGRESS}};
  if (tcp->tcp.state != CONNECTING) return &result;
  linux_errno number = tcp->tcp.error ? tcp->tcp.error : socket_connected(tcp->tcp.socket);
  result.code = socket_error(number);
  if (number == LINUX_EAGAIN) return &result;
  enter(tcp, number ? FAILED : CONNECTED);
  if (number) return &result;
  result.is_error = false;
  result.streams[0] = new_input_stream(new_socket_input(tcp->tcp.socket));
  result.streams[1] = new_output_stream(new_socket_output(tcp->tcp.socket));
  return &result;
}

EXPORT("sockets/tcp#[method]tcp-socket.shutdown") const struct result_small *tcp_shutdown(struct object *tcp, uint32_t type) {
  if (tcp->tcp.state != CONNECTED) return in_state_of(tcp);
  static const uint8_t shut[] = {NET_READABLE, NET_WRITABLE, NET_READABLE | NET_WRITABLE};
  if (type >= sizeof shut) __builtin_trap();
  linux_errno number = socket_call(NET_SHUTDOWN, tcp->tcp.socket, type, 0, 0);
  // Both ends have shut it down.
  if (number == LINUX_ENOTCONN) number = 0;
  if (!number) tcp->tcp.socket->socket.shut |= shut[type];
  return socket_outcome(number);
}

// MARK: Listening

EXPORT("sockets/tcp#[method]tcp-socket.start-listen") const struct result_small *tcp_start_listen(struct object *tcp) {
  if (tcp->tcp.state != BOUND) return in_state_of(tcp);
  linux_errno number = socket_call(NET_LISTEN, tcp->tcp.socket, tcp->tcp.backlog, 0, 0);
  if (!number) enter(tcp, LISTEN_STARTED);
  return socket_outcome(number);
}

EXPORT("sockets/tcp#[method]tcp-socket.finish-listen") const struct result_small *tcp_finish_listen(struct object *tcp) {
  return finish(tcp, LISTEN_STARTED, LISTENING);
}

// result<tuple<tcp-socket, input-stream, output-stream>, error-code>
struct result_accepted {
  uint8_t is_error;
  union {
    uint32_t handles[3];
    uint8_t code;
  };
};

EXPORT("sockets/tcp#[method]tcp-socket.accept") const struct result_accepted *tcp_accept(struct object *tcp) {
  static struct result_accepted result;
  result = (struct result_accepted){true, {.code = CODE_INVALID_STATE}};
  if (tcp->tcp.state != LISTENING) return &result;
  struct network_result answer = {0};
  linux_errno number = network_call(NET_ACCEPT, tcp->tcp.socket->socket.handle, 0, 0, 0, &answer);
  result.code = socket_error(number);
  if (number) return &result;
  struct object *socket = new_socket((uint32_t)answer.value);
  result.is_error = false;
  result.handles[1] = new_input_stream(new_socket_input(socket));
  result.handles[2] = new_output_stream(new_socket_output(socket));
  result.handles[0] = new_tcp_socket(new_tcp(socket, tcp->tcp.is_version6, CONNECTED));
  return &result;
}

EXPORT("sockets/tcp#[method]tcp-socket.set-listen-backlog-size")
const struct result_small *tcp_set_backlog(struct object *tcp, uint64_t value) {
  if (value == 0) return socket_refusal(CODE_INVALID_ARGUMENT);
  tcp->tcp.backlog = value < BACKLOG_LIMIT ? (uint32_t)value : BACKLOG_LIMIT;
  switch (tcp->tcp.state) {
    case UNBOUND: case BIND_STARTED: case BOUND: return socket_outcome(0);
    case LISTENING: return socket_outcome(socket_call(NET_LISTEN, tcp->tcp.socket, tcp->tcp.backlog, 0, 0));
    default: return in_state_of(tcp);
  }
}

// MARK: What it is

static const struct result_address *no_address(uint8_t code) {
  static struct result_address result;
  result = (struct result_address){true, {.code = code}};
  return &result;
}

EXPORT("sockets/tcp#[method]tcp-socket.local-address") const struct result_address *tcp_local_address(struct object *tcp) {
  if (tcp->tcp.state == UNBOUND || tcp->tcp.state == FAILED) return no_address(CODE_INVALID_STATE);
  if (tcp->tcp.state == BIND_STARTED) return no_address(CODE_CONCURRENCY_CONFLICT);
  return address_result(tcp->tcp.socket, false);
}

EXPORT("sockets/tcp#[method]tcp-socket.remote-address") const struct result_address *tcp_remote_address(struct object *tcp) {
  if (tcp->tcp.state == CONNECTING) return no_address(CODE_CONCURRENCY_CONFLICT);
  if (tcp->tcp.state != CONNECTED) return no_address(CODE_INVALID_STATE);
  return address_result(tcp->tcp.socket, true);
}

EXPORT("sockets/tcp#[method]tcp-socket.is-listening") uint32_t tcp_is_listening(const struct object *tcp) {
  return tcp->tcp.state == LISTENING;
}
EXPORT("sockets/tcp#[method]tcp-socket.address-family") uint32_t tcp_address_family(const struct object *tcp) {
  return tcp->tcp.is_version6;
}

EXPORT("sockets/tcp#[method]tcp-socket.subscribe") uint32_t tcp_subscribe(const struct object *tcp) {
  return new_pollable(pollable_of_owner(tcp->tcp.socket));
}

// MARK: Options

EXPORT("sockets/tcp#[method]tcp-socket.keep-alive-enabled") const struct result_small *tcp_keep_alive(struct object *tcp) {
  return option_small(tcp->tcp.socket, OPTION_KEEP_ALIVE);
}
EXPORT("sockets/tcp#[method]tcp-socket.set-keep-alive-enabled")
const struct result_small *tcp_set_keep_alive(struct object *tcp, uint32_t value) {
  return set_option(tcp->tcp.socket, OPTION_KEEP_ALIVE, value);
}
EXPORT("sockets/tcp#[method]tcp-socket.keep-alive-idle-time") const struct result_long *tcp_idle_time(struct object *tcp) {
  return option_long(tcp->tcp.socket, OPTION_IDLE);
}
EXPORT("sockets/tcp#[method]tcp-socket.set-keep-alive-idle-time")
const struct result_small *tcp_set_idle_time(struct object *tcp, uint64_t value) {
  return set_option(tcp->tcp.socket, OPTION_IDLE, value);
}
EXPORT("sockets/tcp#[method]tcp-socket.keep-alive-interval") const struct result_long *tcp_interval(struct object *tcp) {
  return option_long(tcp->tcp.socket, OPTION_INTERVAL);
}
EXPORT("sockets/tcp#[method]tcp-socket.set-keep-alive-interval")
const struct result_small *tcp_set_interval(struct object *tcp, uint64_t value) {
  return set_option(tcp->tcp.socket, OPTION_INTERVAL, value);
}
EXPORT("sockets/tcp#[method]tcp-socket.keep-alive-count") const struct result_word *tcp_count(struct object *tcp) {
  static struct result_word result;
  const struct result_long *found = option_long(tcp->tcp.socket, OPTION_COUNT);
  result = (struct result_word){found->is_error, {.value = found->is_error ? found->code : (uint32_t)found->value}};
  return &result;
}
EXPORT("sockets/tcp#[method]tcp-socket.set-keep-alive-count")
const struct result_small *tcp_set_count(struct object *tcp, uint32_t value) {
  return set_option(tcp->tcp.socket, OPTION_COUNT, value);
}
EXPORT("sockets/tcp#[method]tcp-socket.hop-limit") const struct result_small *tcp_hop_limit(struct object *tcp) {
  return option_small(tcp->tcp.socket, OPTION_HOPS);
}
EXPORT("sockets/tcp#[method]tcp-socket.set-hop-limit") const struct result_small *tcp_set_hop_limit(struct object *tcp, uint32_t value) {
  return set_option(tcp->tcp.socket, OPTION_HOPS, value & 255);
}
EXPORT("sockets/tcp#[method]tcp-socket.receive-buffer-size") const struct result_long *tcp_receive_size(struct object *tcp) {
  return option_long(tcp->tcp.socket, OPTION_RECEIVE);
}
EXPORT("sockets/tcp#[method]tcp-socket.set-receive-buffer-size")
const struct result_small *tcp_set_receive_size(struct object *tcp, uint64_t value) {
  return set_option(tcp->tcp.socket, OPTION_RECEIVE, value);
}
EXPORT("sockets/tcp#[method]tcp-socket.send-buffer-size") const struct result_long *tcp_send_size(struct object *tcp) {
  return option_long(tcp->tcp.socket, OPTION_SEND);
}
EXPORT("sockets/tcp#[method]tcp-socket.set-send-buffer-size")
const struct result_small *tcp_set_send_size(struct object *tcp, uint64_t value) {
  return set_option(tcp->tcp.socket, OPTION_SEND, value);
}
