// What the interfaces share: how their functions are exported, what their resources are, where their results lie.
#pragma once
#include "preview1.h"

// A function of an interface, without the package's namespace and version: what WASIInterfaces.swift calls it.
#define EXPORT(name) __attribute__((export_name(name)))

// MARK: Memory (memory.c)

// Every exported function begins with this that takes lists or gives what it has allocated.
void begin_call(void);
// Lasts until the next call's first allocation.
void *allocate(uint64_t size);
// Memory that nobody else has had, in whole pages, for what lasts longer (heap.c).
void *fresh_memory(uint64_t size);

// MARK: Resources (resources.c). What the canonical ABI calls a representation is an object's address.

enum kind {
  KIND_ERROR = 1, KIND_POLLABLE, KIND_INPUT, KIND_OUTPUT, KIND_DESCRIPTOR, KIND_ENTRIES, KIND_FILE, KIND_EMPTY, KIND_SOCKET, KIND_TCP, KIND_UDP,
  KIND_DATAGRAMS, KIND_LOOKUP,
  // wasi:http (http.h)
  KIND_FIELDS, KIND_INCOMING_REQUEST, KIND_INCOMING_RESPONSE, KIND_INCOMING_BODY, KIND_TRAILERS, KIND_OUTGOING_REQUEST,
  KIND_OUTGOING_RESPONSE, KIND_OUTGOING_BODY, KIND_OUTPARAM, KIND_OPTIONS, KIND_RESPONSE,
};

// An open descriptor of WASI 0.1, closed when the last of what uses it is dropped.
struct file {
  uint32_t fd;
  uint32_t references;
  bool is_given;  // at the start, for good
};

enum { MODE_READ = 1, MODE_WRITE = 2, MODE_MUTATE_DIRECTORY = 32 };

struct object {
  uint8_t kind;
  // Of streams: all later operations find it so. Of what can be asked for something once: it has been. Of fields: nobody changes them.
  bool is_closed;
  union {
    struct object *next_free;
    struct file file;
    struct {
      errno_t number;
      bool is_of_files;
      bool is_of_network;  // then the number is Linux's
      const struct http_error *http;  // 0 where it is none of wasi:http
    } error;
    struct {
      enum poll_topic {
        POLL_READY, POLL_INPUT, POLL_TIME, POLL_SOCKET, POLL_TCP,
        // wasi:http: an answer's head, an incoming body and what follows it, an outgoing one
        POLL_HEAD, POLL_BODY, POLL_TRAILERS, POLL_SINK,
      } topic;
      uint64_t deadline;  // monotonic nanoseconds
      struct object *socket;
      uint32_t events;
      struct source *source;
      struct sink *sink;
    } pollable;
    struct {
      struct object *file;  // 0: standard input, output or error
      uint32_t fd;
      bool appends;
      void *body;  // of wasi:http, where it is not 0
      uint64_t offset;
      struct object *socket;  // in the place of a file
      uint32_t permitted;  // of what a socket has room for, what has not been written since
    } stream;
    struct {
      struct object *file;
      uint32_t mode;  // descriptor-flags
      bool is_protected;  // it, or the given directory that it was found in, may only be read
    } descriptor;
    struct {
      struct object *file;
      uint64_t cookie;
    } entries;
    // A socket of the host's.
    struct {
      uint32_t handle;
      uint32_t references;
      uint32_t awaited;  // what its owner's operation waits for, for as long as it does
      uint32_t shut;     // NET_READABLE, NET_WRITABLE: its streams that shutting down has closed
    } socket;
    struct {
      struct object *socket;
      uint8_t state;
      bool is_version6;
      uint32_t backlog;
      uint32_t error;  // Linux's: why there is no connection
    } tcp;
    struct {
      struct object *socket;
      uint8_t state;
      bool is_version6;
    } udp;
    struct {
      struct object *socket;
      uint32_t permitted;
      bool is_connected;
      bool is_version6;
    } datagrams;
    struct {
      struct object *socket;
    } lookup;
    // What else wasi:http keeps of it.
    void *http;
  };
};

struct object *new_object(enum kind kind);
void drop(struct object *object);
struct object *new_file(uint32_t fd, bool is_given);
struct object *retained(struct object *file);
void release(struct object *file);

#define HANDLE(name, type) __attribute__((import_module("resource-new"), import_name(name))) uint32_t new_##type(struct object *)
HANDLE("io/error#error", error);
HANDLE("io/poll#pollable", pollable);
HANDLE("io/streams#input-stream", input_stream);
HANDLE("io/streams#output-stream", output_stream);
HANDLE("filesystem/types#descriptor", descriptor);
HANDLE("filesystem/types#directory-entry-stream", directory_entry_stream);
HANDLE("cli/terminal-input#terminal-input", terminal_input);
HANDLE("cli/terminal-output#terminal-output", terminal_output);
HANDLE("sockets/network#network", network);
HANDLE("sockets/ip-name-lookup#resolve-address-stream", resolve_address_stream);
HANDLE("sockets/tcp#tcp-socket", tcp_socket);
HANDLE("sockets/udp#udp-socket", udp_socket);
HANDLE("sockets/udp#incoming-datagram-stream", incoming_datagram_stream);
HANDLE("sockets/udp#outgoing-datagram-stream", outgoing_datagram_stream);
HANDLE("http/types#fields", fields);
HANDLE("http/types#incoming-request", incoming_request);
HANDLE("http/types#incoming-body", incoming_body);
HANDLE("http/types#future-trailers", future_trailers);
HANDLE("http/types#outgoing-request", outgoing_request);
HANDLE("http/types#outgoing-response", outgoing_response);
HANDLE("http/types#outgoing-body", outgoing_body);
HANDLE("http/types#request-options", request_options);
HANDLE("http/types#response-outparam", response_outparam);
HANDLE("http/types#incoming-response", incoming_response);
HANDLE("http/types#future-incoming-response", future_incoming_response);

// What a function is given for good comes as a handle: what it stands for, and an end to it, which calls the destructor.
#define OWNED(name, type)                                                                                                       \
  __attribute__((import_module("resource-rep"), import_name(name))) struct object *taken_##type(uint32_t handle);                \
  __attribute__((import_module("resource-drop"), import_name(name))) void drop_##type(uint32_t handle)
OWNED("http/types#fields", fields);
OWNED("http/types#incoming-body", incoming_body);
OWNED("http/types#outgoing-request", outgoing_request);
OWNED("http/types#outgoing-response", outgoing_response);
OWNED("http/types#outgoing-body", outgoing_body);
OWNED("http/types#request-options", request_options);
OWNED("http/types#response-outparam", response_outparam);

// MARK: Results, as the canonical ABI lays them out. A case is 0 for `ok`, `none` and the like.

struct list {
  const void *elements;
  uint32_t count;
};

// result<_, error-code>, result<flags, error-code>, result<descriptor-type, error-code>
struct result_small {
  uint8_t is_error;
  uint8_t value;
};
// result<resource, error-code>
struct result_handle {
  uint8_t is_error;
  union {
    uint32_t handle;
    uint8_t code;
  };
};
// stream-error
struct stream_error {
  uint8_t is_closed;
  uint32_t error;
};
// result<_, stream-error>
struct result_stream {
  uint8_t is_error;
  struct stream_error error;
};
struct datetime {
  uint64_t seconds;
  uint32_t nanoseconds;
};

// error-code of wasi:filesystem
uint8_t file_error(errno_t number);

// MARK: Text (text.c)

bool is_utf8(const uint8_t *bytes, uint32_t length);

// What a pollable waits for. It is asked whenever somebody polls, since a program may keep one pollable for as long as there is something to wait for.
struct awaited {
  bool is_ready;          // already
  bool is_input;          // standard input
  struct object *socket;  // or 0
  uint32_t events;        // of it
  uint64_t deadline;      // monotonic nanoseconds; UINT64_MAX: none
};

// MARK: Clocks (clocks.c)

struct object *pollable_ready(void);
struct object *pollable_input(void);
struct object *pollable_time(uint64_t deadline);
uint64_t monotonic_now(void);
