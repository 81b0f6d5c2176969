// Resources: objects that stay where they are, as many as there is memory for.
#include "network.h"
#include "http.h"

enum { FRESH_SIZE = 65536 };
// What most programs need is there from the start.
static struct object first_objects[256];
static struct object *place = first_objects;
static uint32_t left = sizeof first_objects / sizeof *first_objects;
static struct object *first_free;

struct object *new_object(enum kind kind) {
  struct object *object = first_free;
  if (object) {
    first_free = object->next_free;
  } else {
    if (left == 0) {
      place = fresh_memory(FRESH_SIZE);
      left = FRESH_SIZE / sizeof *place;
    }
    object = place++;
    left--;
  }
  *object = (struct object){.kind = kind};
  return object;
}

static void free_object(struct object *object) {
  object->kind = 0;
  object->next_free = first_free;
  first_free = object;
}

// MARK: Files

struct object *new_file(uint32_t fd, bool is_given) {
  struct object *object = new_object(KIND_FILE);
  object->file = (struct file){.fd = fd, .references = 1, .is_given = is_given};
  return object;
}

struct object *retained(struct object *file) {
  file->file.references++;
  return file;
}

void release(struct object *file) {
  if (--file->file.references) return;
  if (!file->file.is_given) fd_close(file->file.fd);
  free_object(file);
}

// MARK: Sockets

struct object *new_socket(uint32_t handle) {
  struct object *object = new_object(KIND_SOCKET);
  object->socket.handle = handle;
  object->socket.references = 1;
  return object;
}

struct object *retained_socket(struct object *socket) {
  socket->socket.references++;
  return socket;
}

void release_socket(struct object *socket) {
  if (--socket->socket.references) return;
  struct network_result result;
  network_call(NET_CLOSE, socket->socket.handle, 0, 0, 0, &result);
  free_object(socket);
}

// The destructor of every resource type: the canonical ABI calls it once for each object.
EXPORT("drop") void drop(struct object *object) {
  switch (object->kind) {
    case KIND_INPUT:
    case KIND_OUTPUT:
      if (object->stream.file) release(object->stream.file);
      if (object->stream.socket) release_socket(object->stream.socket);
      if (object->stream.body) drop_http(object);
      break;
    case KIND_POLLABLE:
      if (object->pollable.socket) release_socket(object->pollable.socket);
      if (object->pollable.source) release_source(object->pollable.source);
      release_sink(object->pollable.sink);
      break;
    case KIND_TCP: release_socket(object->tcp.socket); break;
    case KIND_UDP: release_socket(object->udp.socket); break;
    case KIND_DATAGRAMS: release_socket(object->datagrams.socket); break;
    case KIND_LOOKUP: release_socket(object->lookup.socket); break;
    case KIND_FIELDS:
    case KIND_INCOMING_REQUEST:
    case KIND_INCOMING_BODY:
    case KIND_TRAILERS:
    case KIND_RESPONSE:
    case KIND_INCOMING_RESPONSE:
    case KIND_OUTGOING_REQUEST:
    case KIND_OUTGOING_RESPONSE:
    case KIND_OUTGOING_BODY:
    case KIND_OPTIONS: drop_http(object); break;
    case KIND_DESCRIPTOR: release(object->descriptor.file); break;
    case KIND_ENTRIES: release(object->entries.file); break;
  }
  free_object(object);
}
