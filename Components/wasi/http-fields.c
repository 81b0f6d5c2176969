// wasi:http/types, fields: names and values in their order, as they were spelt.
#include "http.h"

enum { FIELD_LIMIT = 65536 };

struct fields *new_fields_list(void) {
  struct fields *fields = keep(sizeof *fields);
  *fields = (struct fields){.references = 1};
  return fields;
}

void add_field(struct fields *fields, struct text name, struct text value, void *block) {
  if (fields->count == fields->capacity) {
    if (fields->count >= FIELD_LIMIT) __builtin_trap();
    fields->capacity = fields->capacity ? fields->capacity * 2 : 8;
    struct field *larger = keep((uint64_t)fields->capacity * sizeof *larger);
    if (fields->count) __builtin_memcpy(larger, fields->list, fields->count * sizeof *larger);
    give_back(fields->list);
    fields->list = larger;
  }
  fields->list[fields->count++] = (struct field){name, value, block};
}

void add_field_copy(struct fields *fields, struct text name, struct text value) {
  uint8_t *block = keep((uint64_t)name.length + value.length);
  if (name.length) __builtin_memcpy(block, name.bytes, name.length);
  if (value.length) __builtin_memcpy(block + name.length, value.bytes, value.length);
  add_field(fields, (struct text){block, name.length}, (struct text){block + name.length, value.length}, block);
}

void release_fields(struct fields *fields) {
  if (!fields || --fields->references) return;
  for (uint32_t index = 0; index < fields->count; index++) give_back(fields->list[index].block);
  give_back(fields->list);
  give_back(fields->frame);
  give_back(fields);
}

static struct object *fields_object(struct fields *fields, bool is_immutable) {
  struct object *object = new_object(KIND_FIELDS);
  object->http = fields;
  object->is_closed = is_immutable;
  return object;
}

uint32_t lend_fields(struct fields *fields) {
  fields->references++;
  return new_fields(fields_object(fields, true));
}

struct fields *take_fields(uint32_t handle) {
  struct fields *fields = taken_fields(handle)->http;
  fields->references++;
  drop_fields(handle);
  return fields;
}

// MARK: What is let in

// RFC 9110, 5.6.2.
bool is_token(struct text text) {
  static const char others[] = "!#$%&'*+-.^_`|~";
  if (!text.length) return false;
  for (uint32_t index = 0; index < text.length; index++) {
    uint8_t byte = text.bytes[index];
    if ((byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z')) continue;
    bool is_one = false;
    for (const char *other = others; *other; other++) is_one |= byte == (uint8_t)*other;
    if (!is_one) return false;
  }
  return true;
}

static uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? byte | 32 : byte; }

static bool same_name(struct text one, struct text other) {
  if (one.length != other.length) return false;
  for (uint32_t index = 0; index < one.length; index++)
    if (lower(one.bytes[index]) != lower(other.bytes[index])) return false;
  return true;
}

bool is_name(struct text one, const char *other) {
  uint32_t length = 0;
  while (other[length]) length++;
  return same_name(one, (struct text){(const uint8_t *)other, length});
}

bool is_exactly(struct text one, const char *other) {
  uint32_t index = 0;
  while (index < one.length && other[index] && one.bytes[index] == (uint8_t)other[index]) index++;
  return index == one.length && !other[index];
}

// Fields of a connection, which is not the component's.
bool is_forbidden(struct text name) {
  static const char *const names[] = {"connection", "host", "http2-settings", "keep-alive", "proxy-authenticate",
                                      "proxy-authorization", "proxy-connection", "transfer-encoding", "upgrade"};
  for (uint32_t index = 0; index < sizeof names / sizeof *names; index++)
    if (is_name(name, names[index])) return true;
  return false;
}

// RFC 9110, 8.6; less than 2^63.
int64_t length_value(struct text value) {
  if (value.length == 0 || value.length > 18) return -1;
  int64_t number = 0;
  for (uint32_t index = 0; index < value.length; index++) {
    if (value.bytes[index] < '0' || value.bytes[index] > '9') return -1;
    number = number * 10 + value.bytes[index] - '0';
  }
  return number;
}

// RFC 9110, 5.5.
static bool is_value(struct text name, struct text value) {
  for (uint32_t index = 0; index < value.length; index++) {
    uint8_t byte = value.bytes[index];
    if ((byte < 32 && byte != 9) || byte == 127) return false;
  }
  return !is_name(name, "content-length") || length_value(value) >= 0;
}

int64_t declared_length(const struct fields *fields) {
  for (uint32_t index = 0; index < fields->count; index++)
    if (is_name(fields->list[index].name, "content-length")) return length_value(fields->list[index].value);
  return -1;
}

bool is_length_agreed(const struct fields *fields) {
  int64_t length = declared_length(fields);
  for (uint32_t index = 0; index < fields->count; index++)
    if (is_name(fields->list[index].name, "content-length") && length_value(fields->list[index].value) != length) return false;
  return true;
}

// MARK: The resource

static const struct result_small *refused(uint8_t reason) {
  static struct result_small result;
  result = (struct result_small){true, reason};
  return &result;
}

static const struct result_small done;

EXPORT("http/types#[constructor]fields") uint32_t fields_constructor(void) { return new_fields(fields_object(new_fields_list(), false)); }

struct entry {
  struct text name, value;
};

EXPORT("http/types#[static]fields.from-list")
const struct result_handle *fields_from_list(const struct entry *entries, uint32_t count) {
  begin_call();
  static struct result_handle result;
  result.is_error = false;
  struct fields *fields = new_fields_list();
  for (uint32_t index = 0; index < count && !result.is_error; index++) {
    struct text name = entries[index].name, value = entries[index].value;
    if (!is_token(name) || !is_value(name, value)) result = (struct result_handle){true, {.code = HEADER_INVALID}};
    else if (is_forbidden(name)) result = (struct result_handle){true, {.code = HEADER_FORBIDDEN}};
    else add_field_copy(fields, name, value);
  }
  if (result.is_error) release_fields(fields);
  else result.handle = new_fields(fields_object(fields, false));
  return &result;
}

EXPORT("http/types#[method]fields.get") const struct list *fields_get(const struct object *self, const uint8_t *bytes, uint32_t length) {
  begin_call();
  static struct list result;
  const struct fields *fields = self->http;
  struct text *values = allocate((uint64_t)fields->count * sizeof *values);
  result = (struct list){values, 0};
  for (uint32_t index = 0; index < fields->count; index++)
    if (same_name(fields->list[index].name, (struct text){bytes, length})) values[result.count++] = fields->list[index].value;
  return &result;
}

EXPORT("http/types#[method]fields.has") uint32_t fields_has(const struct object *self, const uint8_t *bytes, uint32_t length) {
  begin_call();
  const struct fields *fields = self->http;
  for (uint32_t index = 0; index < fields->count; index++)
    if (same_name(fields->list[index].name, (struct text){bytes, length})) return true;
  return false;
}

static void remove_all(struct fields *fields, struct text name) {
  uint32_t kept = 0;
  for (uint32_t index = 0; index < fields->count; index++) {
    if (same_name(fields->list[index].name, name)) give_back(fields->list[index].block);
    else fields->list[kept++] = fields->list[index];
  }
  fields->count = kept;
}

void remove_forbidden(struct fields *fields) {
  uint32_t kept = 0;
  for (uint32_t index = 0; index < fields->count; index++) {
    if (is_forbidden(fields->list[index].name)) give_back(fields->list[index].block);
    else fields->list[kept++] = fields->list[index];
  }
  fields->count = kept;
}

EXPORT("http/types#[method]fields.set")
const struct result_small *fields_set(
    struct object *self, const uint8_t *bytes, uint32_t length, const struct text *values, uint32_t count) {
  begin_call();
  struct text name = {bytes, length};
  if (!is_token(name)) return refused(HEADER_INVALID);
  if (is_forbidden(name)) return refused(HEADER_FORBIDDEN);
  for (uint32_t index = 0; index < count; index++)
    if (!is_value(name, values[index])) return refused(HEADER_INVALID);
  if (self->is_closed) return refused(HEADER_IMMUTABLE);
  remove_all(self->http, name);
  for (uint32_t index = 0; index < count; index++) add_field_copy(self->http, name, values[index]);
  return &done;
}

EXPORT("http/types#[method]fields.delete")
const struct result_small *fields_delete(struct object *self, const uint8_t *bytes, uint32_t length) {
  begin_call();
  struct text name = {bytes, length};
  if (!is_token(name)) return refused(HEADER_INVALID);
  if (is_forbidden(name)) return refused(HEADER_FORBIDDEN);
  if (self->is_closed) return refused(HEADER_IMMUTABLE);
  remove_all(self->http, name);
  return &done;
}

EXPORT("http/types#[method]fields.append")
const struct result_small *fields_append(
    struct object *self, const uint8_t *bytes, uint32_t length, const uint8_t *value_bytes, uint32_t value_length) {
  begin_call();
  struct text name = {bytes, length}, value = {value_bytes, value_length};
  if (!is_token(name) || !is_value(name, value)) return refused(HEADER_INVALID);
  if (is_forbidden(name)) return refused(HEADER_FORBIDDEN);
  if (self->is_closed) return refused(HEADER_IMMUTABLE);
  add_field_copy(self->http, name, value);
  return &done;
}

EXPORT("http/types#[method]fields.entries") const struct list *fields_entries(const struct object *self) {
  begin_call();
  static struct list result;
  const struct fields *fields = self->http;
  struct entry *entries = allocate((uint64_t)fields->count * sizeof *entries);
  for (uint32_t index = 0; index < fields->count; index++)
    entries[index] = (struct entry){fields->list[index].name, fields->list[index].value};
  result = (struct list){entries, fields->count};
  return &result;
}

EXPORT("http/types#[method]fields.clone") uint32_t fields_clone(const struct object *self) {
  const struct fields *fields = self->http;
  struct fields *copy = new_fields_list();
  for (uint32_t index = 0; index < fields->count; index++) add_field_copy(copy, fields->list[index].name, fields->list[index].value);
  return new_fields(fields_object(copy, false));
}
