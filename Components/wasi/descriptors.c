// wasi:filesystem/types, what a descriptor does without a path; and wasi:filesystem/preopens.
#include "files.h"

const struct result_small *outcome(errno_t number) {
  static struct result_small result;
  result = (struct result_small){number != 0, number ? file_error(number) : 0};
  return &result;
}

static const struct result_small *value(uint8_t value) {
  static struct result_small result;
  result = (struct result_small){false, value};
  return &result;
}

static const struct result_handle *handle_or(errno_t number) {
  static struct result_handle result;
  result = (struct result_handle){number != 0, {.code = file_error(number)}};
  return &result;
}

static const struct result_handle *handle(uint32_t handle) {
  static struct result_handle result;
  result = (struct result_handle){false, {.handle = handle}};
  return &result;
}

struct object *new_descriptor_of(struct object *file, uint32_t mode, bool is_protected) {
  struct object *object = new_object(KIND_DESCRIPTOR);
  object->descriptor.file = file;
  object->descriptor.mode = mode;
  object->descriptor.is_protected = is_protected;
  return object;
}

// MARK: Streams

static bool is_directory(uint32_t fd) {
  struct fdstat status;
  return !fd_fdstat_get(fd, &status) && status.filetype == FILETYPE_DIRECTORY;
}

// As Wasmtime has it: what nobody may write is another matter than what was not opened to be written.
static errno_t check_mode(const struct object *descriptor, uint32_t mode) {
  if (descriptor->descriptor.mode & mode) return 0;
  return mode == MODE_WRITE && descriptor->descriptor.is_protected ? ERRNO_PERM : ERRNO_BADF;
}

// Only files have a position, which is asked for without leaving the trustlet.
static errno_t check_file(const struct object *descriptor, uint32_t mode) {
  uint64_t position;
  errno_t number = fd_tell(fd_of(descriptor), &position);
  if (number) return is_directory(fd_of(descriptor)) ? ERRNO_ISDIR : number;
  return check_mode(descriptor, mode);
}

EXPORT("filesystem/types#[method]descriptor.read-via-stream")
const struct result_handle *read_via_stream(const struct object *descriptor, uint64_t offset) {
  errno_t number = check_file(descriptor, MODE_READ);
  if (number) return handle_or(number);
  return handle(new_input_stream(new_input(retained(descriptor->descriptor.file), fd_of(descriptor), offset)));
}

static const struct result_handle *write_stream(const struct object *descriptor, uint64_t offset, bool appends) {
  errno_t number = check_file(descriptor, MODE_WRITE);
  if (number) return handle_or(number);
  return handle(new_output_stream(new_output(retained(descriptor->descriptor.file), fd_of(descriptor), offset, appends)));
}

EXPORT("filesystem/types#[method]descriptor.write-via-stream")
const struct result_handle *write_via_stream(const struct object *descriptor, uint64_t offset) {
  return write_stream(descriptor, offset, false);
}

EXPORT("filesystem/types#[method]descriptor.append-via-stream")
const struct result_handle *append_via_stream(const struct object *descriptor) {
  return write_stream(descriptor, 0, true);
}

// MARK: Reading and writing

// result<tuple<list<u8>, bool>, error-code>
struct result_read {
  uint8_t is_error;
  union {
    struct {
      struct list bytes;
      uint8_t is_at_end;
    };
    uint8_t code;
  };
};

EXPORT("filesystem/types#[method]descriptor.read")
const struct result_read *descriptor_read(const struct object *descriptor, uint64_t length, uint64_t offset) {
  begin_call();
  static struct result_read result;
  struct buffer buffer = {0, length < TRANSFER_LIMIT ? (uint32_t)length : TRANSFER_LIMIT};
  buffer.address = allocate(buffer.length);
  uint32_t count = 0;
  errno_t number = check_mode(descriptor, MODE_READ);
  if (!number) number = fd_pread(fd_of(descriptor), &buffer, 1, offset, &count);
  result.is_error = number != 0;
  if (number) {
    result.code = file_error(number);
  } else {
    result.bytes = (struct list){buffer.address, count};
    result.is_at_end = count == 0;
  }
  return &result;
}

// result<filesize, error-code>
struct result_size {
  uint8_t is_error;
  union {
    uint64_t size;
    uint8_t code;
  };
};

EXPORT("filesystem/types#[method]descriptor.write")
const struct result_size *descriptor_write(const struct object *descriptor, uint8_t *bytes, uint32_t length, uint64_t offset) {
  begin_call();
  static struct result_size result;
  struct buffer buffer = {bytes, length};
  uint32_t count = 0;
  errno_t number = check_mode(descriptor, MODE_WRITE);
  if (!number) number = fd_pwrite(fd_of(descriptor), &buffer, 1, offset, &count);
  result.is_error = number != 0;
  if (number) result.code = file_error(number);
  else result.size = count;
  return &result;
}

// Directories have nothing to synchronize here.
static const struct result_small *synchronized(uint32_t fd, errno_t number) {
  return outcome(number == ERRNO_BADF && is_directory(fd) ? ERRNO_SUCCESS : number);
}

EXPORT("filesystem/types#[method]descriptor.sync") const struct result_small *descriptor_sync(const struct object *descriptor) {
  return synchronized(fd_of(descriptor), fd_sync(fd_of(descriptor)));
}

EXPORT("filesystem/types#[method]descriptor.sync-data")
const struct result_small *descriptor_sync_data(const struct object *descriptor) {
  return synchronized(fd_of(descriptor), fd_datasync(fd_of(descriptor)));
}

EXPORT("filesystem/types#[method]descriptor.advise")
const struct result_small *descriptor_advise(const struct object *descriptor, uint64_t offset, uint64_t length, uint32_t advice) {
  return outcome(fd_advise(fd_of(descriptor), offset, length, advice));
}

EXPORT("filesystem/types#[method]descriptor.set-size")
const struct result_small *descriptor_set_size(const struct object *descriptor, uint64_t size) {
  return outcome(fd_filestat_set_size(fd_of(descriptor), size));
}

EXPORT("filesystem/types#[method]descriptor.get-flags")
const struct result_small *descriptor_get_flags(const struct object *descriptor) {
  return value((uint8_t)descriptor->descriptor.mode);
}

// By file type of WASI 0.1; its two kinds of sockets are one here.
const uint8_t descriptor_types[8] = {0, 1, 2, 3, 6, 7, 7, 5};

EXPORT("filesystem/types#[method]descriptor.get-type")
const struct result_small *descriptor_get_type(const struct object *descriptor) {
  struct fdstat status;
  errno_t number = fd_fdstat_get(fd_of(descriptor), &status);
  return number ? outcome(number) : value(descriptor_types[status.filetype & 7]);
}

// MARK: What is given at the start

struct given {
  uint32_t handle;
  struct list path;
};

EXPORT("filesystem/preopens#get-directories") const struct list *get_directories(void) {
  begin_call();
  static struct list result;
  enum { FIRST_FD = 3 };
  struct prestat status;
  uint32_t end = FIRST_FD;
  while (!fd_prestat_get(end, &status)) end++;
  struct given *directories = allocate((uint64_t)(end - FIRST_FD) * sizeof *directories);
  uint32_t count = 0;
  for (uint32_t fd = FIRST_FD; fd < end; fd++) {
    if (fd_prestat_get(fd, &status)) continue;
    uint8_t *path = allocate(status.name_length);
    if (fd_prestat_dir_name(fd, path, status.name_length) || !is_utf8(path, status.name_length)) continue;
    // Its rights are those of every given directory; where nothing may be changed, that is said before anything else is looked at.
    bool is_mutable = path_create_directory(fd, (const uint8_t *)".", 1) != ERRNO_PERM;
    struct object *descriptor = new_descriptor_of(new_file(fd, true), MODE_READ | (is_mutable ? MODE_MUTATE_DIRECTORY : 0), !is_mutable);
    directories[count++] = (struct given){new_descriptor(descriptor), {path, status.name_length}};
  }
  result = (struct list){directories, count};
  return &result;
}
