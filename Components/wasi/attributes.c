// wasi:filesystem/types: what is known of files, their times, and whether two are the same.
#include "files.h"

struct option_datetime {
  uint8_t is_some;
  struct datetime time;
};

// result<descriptor-stat, error-code>
struct result_stat {
  uint8_t is_error;
  union {
    struct {
      uint8_t type;
      uint64_t links;
      uint64_t size;
      struct option_datetime accessed, modified, changed;
    };
    uint8_t code;
  };
};
_Static_assert(sizeof(struct result_stat) == 104, "the canonical ABI's layout");

extern const uint8_t descriptor_types[8];

static struct option_datetime time(uint64_t nanoseconds) {
  return (struct option_datetime){true, {nanoseconds / 1000000000, (uint32_t)(nanoseconds % 1000000000)}};
}

static const struct result_stat *described(errno_t number, const struct filestat *status) {
  static struct result_stat result;
  result.is_error = number != 0;
  if (number) {
    result.code = file_error(number);
    return &result;
  }
  result.type = descriptor_types[status->filetype & 7];
  result.links = status->links;
  result.size = status->size;
  result.accessed = time(status->accessed);
  result.modified = time(status->modified);
  result.changed = time(status->changed);
  return &result;
}

EXPORT("filesystem/types#[method]descriptor.stat") const struct result_stat *descriptor_stat(const struct object *descriptor) {
  struct filestat status;
  return described(fd_filestat_get(fd_of(descriptor), &status), &status);
}

EXPORT("filesystem/types#[method]descriptor.stat-at")
const struct result_stat *descriptor_stat_at(const struct object *descriptor, uint32_t flags, const uint8_t *path, uint32_t length) {
  begin_call();
  struct filestat status;
  return described(path_filestat_get(fd_of(descriptor), flags, path, length, &status), &status);
}

// MARK: Times

static const uint64_t NANOSECONDS = 1000000000;

// A new-timestamp as its flat values: no-change, now, or a time.
static bool add_time(uint32_t kind, uint64_t seconds, uint32_t nanoseconds, uint64_t *time, uint32_t *flags, uint32_t flag) {
  *time = 0;
  if (kind == 1) *flags |= flag << 1;
  if (kind != 2) return true;
  *flags |= flag;
  if (seconds > UINT64_MAX / NANOSECONDS) return false;
  return !__builtin_add_overflow(seconds * NANOSECONDS, (uint64_t)nanoseconds, time);
}

enum { SET_ACCESSED = 1, SET_MODIFIED = 4 };

#define NEW_TIMES \
  uint32_t access, uint64_t access_seconds, uint32_t access_nanoseconds, uint32_t change, uint64_t change_seconds, uint32_t change_nanoseconds
#define TAKE_TIMES(accessed, modified, flags)                                                              \
  uint64_t accessed, modified;                                                                             \
  uint32_t flags = 0;                                                                                      \
  if (!add_time(access, access_seconds, access_nanoseconds, &accessed, &flags, SET_ACCESSED) ||            \
      !add_time(change, change_seconds, change_nanoseconds, &modified, &flags, SET_MODIFIED))              \
    return outcome(ERRNO_OVERFLOW);

EXPORT("filesystem/types#[method]descriptor.set-times")
const struct result_small *descriptor_set_times(const struct object *descriptor, NEW_TIMES) {
  TAKE_TIMES(accessed, modified, flags)
  return outcome(fd_filestat_set_times(fd_of(descriptor), accessed, modified, flags));
}

EXPORT("filesystem/types#[method]descriptor.set-times-at")
const struct result_small *descriptor_set_times_at(
    const struct object *descriptor, uint32_t path_flags, const uint8_t *path, uint32_t length, NEW_TIMES) {
  begin_call();
  TAKE_TIMES(accessed, modified, flags)
  return outcome(path_filestat_set_times(fd_of(descriptor), path_flags, path, length, accessed, modified, flags));
}

// MARK: Identity

EXPORT("filesystem/types#[method]descriptor.is-same-object")
uint32_t descriptor_is_same(const struct object *descriptor, const struct object *other) {
  struct filestat one, two;
  if (fd_filestat_get(fd_of(descriptor), &one) || fd_filestat_get(fd_of(other), &two)) return false;
  return one.device == two.device && one.inode == two.inode;
}

// result<metadata-hash-value, error-code>
struct result_hash {
  uint8_t is_error;
  union {
    uint64_t halves[2];
    uint8_t code;
  };
};

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014), the finisher.
static uint64_t mixed(uint64_t value) {
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
  value = (value ^ value >> 27) * 0x94D049BB133111EB;
  return value ^ value >> 31;
}

// Of what a file is, and not of what is in it: programs take it for its number.
static const struct result_hash *hashed(errno_t number, const struct filestat *status) {
  static struct result_hash result;
  result.is_error = number != 0;
  if (number) {
    result.code = file_error(number);
    return &result;
  }
  result.halves[0] = mixed(status->inode ^ mixed(status->device));
  result.halves[1] = mixed(~result.halves[0]);
  return &result;
}

EXPORT("filesystem/types#[method]descriptor.metadata-hash")
const struct result_hash *descriptor_metadata_hash(const struct object *descriptor) {
  struct filestat status;
  return hashed(fd_filestat_get(fd_of(descriptor), &status), &status);
}

EXPORT("filesystem/types#[method]descriptor.metadata-hash-at")
const struct result_hash *descriptor_metadata_hash_at(
    const struct object *descriptor, uint32_t flags, const uint8_t *path, uint32_t length) {
  begin_call();
  struct filestat status;
  return hashed(path_filestat_get(fd_of(descriptor), flags, path, length, &status), &status);
}
