// The program as a command component of WASI 0.2: sockets and streams as libraries use them, which try, wait for a pollable and try again.
#include "host.h"

#define IMPORT(interface, name) __attribute__((import_module("wasi:" interface "@0.2.0"), import_name(name)))

typedef uint32_t handle;
struct list { const uint8_t *elements; uint32_t count; };
// Results, with the case in front of what the case has.
struct small { uint8_t is_error, code; };
struct handles { uint8_t is_error; union { handle value[3]; uint8_t code; }; };
struct wide { uint8_t is_error; uint64_t value; };
struct bytes { uint8_t is_error; union { struct list list; uint8_t is_closed; }; };
struct written { uint8_t is_error; uint32_t error[2]; };
struct place { uint8_t is_error; uint32_t version; uint16_t port; uint8_t address[26]; };
struct directory { handle descriptor; struct list path; };

IMPORT("cli/environment", "get-arguments") void get_arguments(struct list *result);
IMPORT("cli/exit", "exit") void cli_exit(uint32_t is_error);
IMPORT("cli/stdout", "get-stdout") handle get_stdout(void);
IMPORT("clocks/monotonic-clock", "now") uint64_t now(void);
IMPORT("filesystem/preopens", "get-directories") void get_directories(struct list *result);
IMPORT("filesystem/types", "[method]descriptor.open-at")
void open_at(handle directory, uint32_t follow, const char *path, uint32_t length, uint32_t how, uint32_t flags, struct handles *result);
IMPORT("filesystem/types", "[method]descriptor.read-via-stream") void read_via_stream(handle file, uint64_t offset, struct handles *result);
IMPORT("filesystem/types", "[resource-drop]descriptor") void drop_descriptor(handle file);
IMPORT("io/poll", "[method]pollable.block") void block(handle pollable);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle pollable);
IMPORT("io/streams", "[method]input-stream.read") void stream_read(handle stream, uint64_t length, struct bytes *result);
IMPORT("io/streams", "[method]input-stream.blocking-read") void blocking_read(handle stream, uint64_t length, struct bytes *result);
IMPORT("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle stream);
IMPORT("io/streams", "[method]output-stream.check-write") void check_write(handle stream, struct wide *result);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle stream, const void *bytes, uint32_t length, struct written *result);
IMPORT("io/streams", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(handle stream, const void *bytes, uint32_t length, struct written *result);
IMPORT("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle stream);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(handle stream);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(handle stream);
IMPORT("sockets/instance-network", "instance-network") handle instance_network(void);
IMPORT("sockets/tcp-create-socket", "create-tcp-socket") void create_tcp(uint32_t version, struct handles *result);
#define TCP(name) IMPORT("sockets/tcp", "[method]tcp-socket." name)
#define ADDRESS uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t
TCP("start-bind") void tcp_start_bind(handle socket, handle network, ADDRESS, struct small *result);
TCP("finish-bind") void tcp_finish_bind(handle socket, struct small *result);
TCP("start-listen") void tcp_start_listen(handle socket, struct small *result);
TCP("finish-listen") void tcp_finish_listen(handle socket, struct small *result);
TCP("local-address") void tcp_local_address(handle socket, struct place *result);
TCP("subscribe") handle tcp_subscribe(handle socket);
TCP("accept") void tcp_accept(handle socket, struct handles *result);
IMPORT("sockets/tcp", "[resource-drop]tcp-socket") void drop_tcp(handle socket);

void host_exit(int status) {
  cli_exit(status != 0);
  __builtin_trap();
}

static void wait_for(handle pollable) {
  block(pollable);
  drop_pollable(pollable);
}

static void copy(void *to, const struct list *list) { __builtin_memcpy(to, list->elements, list->count); }

// In the first directory that it is given.
uint32_t host_load(const char *path, void *bytes, uint32_t count) {
  struct list directories;
  struct handles file, stream;
  uint32_t length = 0, done = 0;
  get_directories(&directories);
  if (!directories.count) host_exit(66);
  while (path[length]) length++;
  open_at(((const struct directory *)directories.elements)->descriptor, 1, path, length, 0, 1, &file);
  if (file.is_error) host_exit(66);
  read_via_stream(file.value[0], 0, &stream);
  if (stream.is_error) host_exit(66);
  while (done < count) {
    struct bytes read;
    blocking_read(stream.value[0], count - done, &read);
    if (read.is_error) break;
    copy((uint8_t *)bytes + done, &read.list);
    done += read.list.count;
  }
  drop_input(stream.value[0]);
  drop_descriptor(file.value[0]);
  return done;
}

void host_print(const void *bytes, uint32_t count) {
  enum { at_once = 4096 };
  handle output = get_stdout();
  while (count) {
    struct written written;
    uint32_t piece = count < at_once ? count : at_once;
    write_and_flush(output, bytes, piece, &written);
    if (written.is_error) host_exit(74);
    bytes = (const uint8_t *)bytes + piece;
    count -= piece;
  }
  drop_output(output);
}

static handle listener, connection, input, output;

static void check(const struct small *result) {
  if (result->is_error) host_exit(69);
}

uint16_t host_listen(uint16_t port) {
  struct handles made;
  struct small result;
  struct place place;
  create_tcp(0, &made);
  if (made.is_error) host_exit(69);
  listener = made.value[0];
  tcp_start_bind(listener, instance_network(), 0, port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, &result);
  check(&result);
  tcp_finish_bind(listener, &result);
  check(&result);
  tcp_start_listen(listener, &result);
  check(&result);
  tcp_finish_listen(listener, &result);
  check(&result);
  tcp_local_address(listener, &place);
  return place.port;
}

void host_accept(void) {
  struct handles made;
  for (;;) {
    enum { would_block = 8 };
    tcp_accept(listener, &made);
    if (!made.is_error) break;
    if (made.code != would_block) host_exit(69);
    wait_for(tcp_subscribe(listener));
  }
  connection = made.value[0];
  input = made.value[1];
  output = made.value[2];
}

uint32_t host_receive(void *bytes, uint32_t count) {
  for (;;) {
    struct bytes read;
    stream_read(input, count, &read);
    if (read.is_error) return 0;
    copy(bytes, &read.list);
    if (read.list.count) return read.list.count;
    wait_for(input_subscribe(input));
  }
}

void host_send(const void *bytes, uint32_t count) {
  while (count) {
    struct wide room;
    struct written written;
    check_write(output, &room);
    if (room.is_error) return;
    uint32_t piece = room.value < count ? (uint32_t)room.value : count;
    if (!piece) {
      wait_for(output_subscribe(output));
      continue;
    }
    stream_write(output, bytes, piece, &written);
    if (written.is_error) return;
    bytes = (const uint8_t *)bytes + piece;
    count -= piece;
  }
}

void host_close(void) {
  drop_input(input);
  drop_output(output);
  drop_tcp(connection);
}

uint64_t host_nanoseconds(void) { return now(); }

__attribute__((export_name("wasi:cli/run@0.2.0#run"))) uint32_t cli_run(void) {
  static char text[1024];
  static char *words[16];
  struct list arguments;
  uint32_t used = 0;
  get_arguments(&arguments);
  if (arguments.count > sizeof words / sizeof *words) return 1;
  for (uint32_t index = 0; index < arguments.count; index++) {
    const struct list *word = (const struct list *)arguments.elements + index;
    if (word->count >= sizeof text - used) return 1;
    words[index] = text + used;
    copy(text + used, word);
    used += word->count + 1;
  }
  return run((int)arguments.count, words) != 0;
}
