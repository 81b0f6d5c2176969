// Sockets of the host's, as files and streams have descriptors: what wasi:sockets and wasi:http are made of.
#include "sockets.h"

linux_errno socket_call(enum network_operation operation, struct object *socket, uint64_t argument, void *bytes, uint32_t length) {
  struct network_result result;
  return network_call(operation, socket->socket.handle, argument, bytes, length, &result);
}

linux_errno new_host_socket(uint64_t flags, struct object **socket) {
  struct network_result result;
  linux_errno number = network_call(NET_SOCKET, 0, flags, 0, 0, &result);
  if (!number) *socket = new_socket((uint32_t)result.value);
  return number;
}

linux_errno begin_connect_by_name(const uint8_t *name, uint32_t length, uint16_t port, bool encrypted, struct object **socket) {
  struct network_result result;
  uint64_t argument = port | (encrypted ? NET_ENCRYPTED : 0);
  linux_errno number = network_call(NET_CONNECT_BY_NAME, 0, argument, (void *)name, length, &result);
  if (!number) *socket = new_socket((uint32_t)result.value);
  return number;
}

linux_errno socket_connected(struct object *socket) { return socket_call(NET_FINISH, socket, 0, 0, 0); }

linux_errno socket_read(struct object *socket, void *bytes, uint32_t length, uint32_t *count) {
  struct network_result result = {0};
  linux_errno number = network_call(NET_RECEIVE, socket->socket.handle, 0, bytes, length, &result);
  *count = number ? 0 : result.length;
  return number;
}

linux_errno socket_write(struct object *socket, const void *bytes, uint32_t length, uint32_t *count) {
  struct network_result result = {0};
  linux_errno number = network_call(NET_SEND, socket->socket.handle, 0, (void *)bytes, length, &result);
  *count = number ? 0 : (uint32_t)result.value;
  return number;
}

linux_errno socket_finish_writing(struct object *socket) { return socket_call(NET_SHUTDOWN, socket, 1, 0, 0); }

void close_if_shut(struct object *stream) {
  uint32_t side = stream->kind == KIND_INPUT ? NET_READABLE : NET_WRITABLE;
  if (stream->stream.socket && (stream->stream.socket->socket.shut & side)) stream->is_closed = true;
}

struct object *new_socket_input(struct object *socket) {
  struct object *stream = new_input(0, 0, 0);
  stream->stream.socket = retained_socket(socket);
  return stream;
}

struct object *new_socket_output(struct object *socket) {
  struct object *stream = new_output(0, 0, 0, false);
  stream->stream.socket = retained_socket(socket);
  return stream;
}

// MARK: Errors

uint8_t socket_error(linux_errno number) {
  switch (number) {
    case 1: case 13: return CODE_ACCESS_DENIED;
    case 38: case 93: case 94: case 95: case 97: return CODE_NOT_SUPPORTED;
    case 22: case 89: return CODE_INVALID_ARGUMENT;
    case 12: case 105: return CODE_OUT_OF_MEMORY;
    case 110: return CODE_TIMEOUT;
    case 114: return CODE_CONCURRENCY_CONFLICT;
    case 11: case 115: return CODE_WOULD_BLOCK;
    case 106: case 107: return CODE_INVALID_STATE;
    case 23: case 24: return CODE_NEW_SOCKET_LIMIT;
    case 99: return CODE_ADDRESS_NOT_BINDABLE;
    case 98: return CODE_ADDRESS_IN_USE;
    case 100: case 101: case 112: case 113: return CODE_REMOTE_UNREACHABLE;
    case 111: return CODE_CONNECTION_REFUSED;
    case 32: case 104: return CODE_CONNECTION_RESET;
    case 103: return CODE_CONNECTION_ABORTED;
    case 90: return CODE_DATAGRAM_TOO_LARGE;
    case 2: case 6: return CODE_NAME_UNRESOLVABLE;
    default: return CODE_UNKNOWN;
  }
}

const struct result_small *socket_outcome(linux_errno number) {
  static struct result_small result;
  result = (struct result_small){number != 0, number ? socket_error(number) : 0};
  return &result;
}

const struct result_small *socket_refusal(uint8_t code) {
  static struct result_small result;
  result = (struct result_small){true, code};
  return &result;
}

// MARK: Addresses

struct network_address address_of_values(const uint32_t *values) {
  struct network_address address = {.family = values[0] ? 6 : 4, .port = (uint16_t)values[1]};
  if (!values[0]) {
    for (int index = 0; index < 4; index++) address.bytes[index] = (uint8_t)values[2 + index];
    return address;
  }
  address.flow = values[2];
  for (int index = 0; index < 8; index++) {
    address.bytes[2 * index] = (uint8_t)(values[3 + index] >> 8);
    address.bytes[2 * index + 1] = (uint8_t)values[3 + index];
  }
  address.scope = values[11];
  return address;
}

struct network_address address_of(const struct socket_address *address) {
  uint32_t values[12] = {address->is_version6};
  if (address->is_version6) {
    values[1] = address->version6.port;
    values[2] = address->version6.flow;
    for (int index = 0; index < 8; index++) values[3 + index] = address->version6.address[index];
    values[11] = address->version6.scope;
  } else {
    values[1] = address->version4.port;
    for (int index = 0; index < 4; index++) values[2 + index] = address->version4.address[index];
  }
  return address_of_values(values);
}

struct socket_address told_address(const struct network_address *address) {
  struct socket_address told = {.is_version6 = address->family == 6};
  if (!told.is_version6) {
    told.version4.port = address->port;
    __builtin_memcpy(told.version4.address, address->bytes, 4);
    return told;
  }
  told.version6.port = address->port;
  told.version6.flow = address->flow;
  for (int index = 0; index < 8; index++)
    told.version6.address[index] = (uint16_t)(address->bytes[2 * index] << 8 | address->bytes[2 * index + 1]);
  told.version6.scope = address->scope;
  return told;
}

static bool all_are(const uint8_t *bytes, uint32_t count, uint8_t value) {
  for (uint32_t index = 0; index < count; index++)
    if (bytes[index] != value) return false;
  return true;
}

bool is_unicast(const struct network_address *address, bool is_version6) {
  if ((address->family == 6) != is_version6) return false;
  if (!is_version6) return address->bytes[0] >> 4 != 14 && !all_are(address->bytes, 4, 255);
  bool has_version4 = all_are(address->bytes, 10, 0) && address->bytes[10] == 255 && address->bytes[11] == 255;
  return !has_version4 && address->bytes[0] != 255;
}

bool is_remote(const struct network_address *address) {
  return address->port != 0 && !all_are(address->bytes, address->family == 6 ? 16 : 4, 0);
}

const struct result_address *address_result(struct object *socket, bool is_remote) {
  static struct result_address result;
  struct network_address address = {0};
  linux_errno number = socket_call(NET_ADDRESS, socket, is_remote, &address, sizeof address);
  result = (struct result_address){number != 0, {.code = socket_error(number)}};
  if (!number) result.address = told_address(&address);
  return &result;
}

// MARK: Options

const struct result_long *option_long(struct object *socket, uint32_t option) {
  static struct result_long result;
  struct network_result answer = {0};
  linux_errno number = network_call(NET_OPTION, socket->socket.handle, option, 0, 0, &answer);
  result = (struct result_long){number != 0, {.code = socket_error(number)}};
  if (!number) result.value = answer.value;
  return &result;
}

const struct result_small *option_small(struct object *socket, uint32_t option) {
  static struct result_small result;
  const struct result_long *found = option_long(socket, option);
  result = (struct result_small){found->is_error, found->is_error ? found->code : (uint8_t)found->value};
  return &result;
}

const struct result_small *set_option(struct object *socket, uint32_t option, uint64_t value) {
  if (value == 0 && option != OPTION_KEEP_ALIVE) return socket_refusal(CODE_INVALID_ARGUMENT);
  return socket_outcome(socket_call(NET_SET_OPTION, socket, option, &value, sizeof value));
}

// MARK: The network (wasi:sockets/network, instance-network)

EXPORT("sockets/instance-network#instance-network") uint32_t instance_network(void) { return new_network(new_object(KIND_EMPTY)); }

// option<error-code>
EXPORT("sockets/network#network-error-code") const struct result_small *network_error_code(const struct object *error) {
  static struct result_small result;
  result = (struct result_small){error->error.is_of_network, error->error.is_of_network ? socket_error(error->error.number) : 0};
  return &result;
}
