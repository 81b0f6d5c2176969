// wasi:filesystem/types, the directory-entry-stream. One stretch of a listing is kept, of whichever stream asked last: a stream itself
// only knows how far it is.
#include "files.h"

extern const uint8_t descriptor_types[8];

// A name and what comes before it must fit.
enum { STRETCH = 16384 };
static struct {
  const struct object *stream;
  uint32_t place, end;
  bool is_last;
  uint8_t bytes[STRETCH];
} listing;

EXPORT("filesystem/types#[method]descriptor.read-directory")
const struct result_handle *descriptor_read_directory(const struct object *descriptor) {
  static struct result_handle result;
  uint8_t byte;
  uint32_t length;
  // Says whether it is a directory.
  errno_t number = fd_readdir(fd_of(descriptor), &byte, 1, 0, &length);
  if (number == ERRNO_BADF) number = ERRNO_NOTDIR;
  result = (struct result_handle){number != 0, {.code = file_error(number)}};
  if (number) return &result;
  struct object *stream = new_object(KIND_ENTRIES);
  stream->entries.file = retained(descriptor->descriptor.file);
  // An object that lay at the same place may have been dropped.
  if (listing.stream == stream) listing.stream = 0;
  result.handle = new_directory_entry_stream(stream);
  return &result;
}

struct entry {
  uint8_t type;
  struct list name;
};
struct option_entry {
  uint8_t is_some;
  struct entry entry;
};
// result<option<directory-entry>, error-code>
struct result_option_entry {
  uint8_t is_error;
  union {
    struct option_entry option;
    uint8_t code;
  };
};
_Static_assert(sizeof(struct result_option_entry) == 20, "the canonical ABI's layout");

static errno_t fill(const struct object *stream) {
  errno_t number = fd_readdir(stream->entries.file->file.fd, listing.bytes, STRETCH, stream->entries.cookie, &listing.end);
  listing.stream = number ? 0 : stream;
  listing.place = 0;
  listing.is_last = listing.end < STRETCH;
  return number;
}

// The next whole entry of the listing; 0 where there is none.
static const uint8_t *next(struct dirent *entry) {
  if (listing.end - listing.place < sizeof *entry) return 0;
  __builtin_memcpy(entry, listing.bytes + listing.place, sizeof *entry);
  if (listing.end - listing.place - sizeof *entry < entry->name_length) return 0;
  const uint8_t *name = listing.bytes + listing.place + sizeof *entry;
  listing.place += sizeof *entry + entry->name_length;
  return name;
}

static bool is_dots(const uint8_t *name, uint32_t length) {
  return (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.');
}

EXPORT("filesystem/types#[method]directory-entry-stream.read-directory-entry")
const struct result_option_entry *read_directory_entry(struct object *stream) {
  static struct result_option_entry result;
  result.is_error = false;
  result.option.is_some = false;
  errno_t number = listing.stream == stream ? 0 : fill(stream);
  while (!number) {
    struct dirent entry;
    const uint8_t *name = next(&entry);
    if (!name) {
      if (listing.is_last) return &result;
      bool is_empty = listing.place == 0;
      number = fill(stream);
      // A name that fills all of it would be asked for again and again.
      if (!number && is_empty) number = ERRNO_OVERFLOW;
      continue;
    }
    stream->entries.cookie = entry.next;
    if (is_dots(name, entry.name_length)) continue;
    if (!is_utf8(name, entry.name_length)) {
      number = ERRNO_ILSEQ;
      break;
    }
    result.option.is_some = true;
    result.option.entry = (struct entry){descriptor_types[entry.filetype & 7], {name, entry.name_length}};
    return &result;
  }
  result.is_error = true;
  result.code = file_error(number);
  return &result;
}
