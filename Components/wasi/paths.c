// wasi:filesystem/types, what a directory does with paths beneath it.
#include "files.h"

struct object *new_descriptor_of(struct object *file, uint32_t mode, bool is_protected);

enum { OPEN_CREATE = 1, OPEN_DIRECTORY = 2, OPEN_EXCLUSIVE = 4, OPEN_TRUNCATE = 8 };
// descriptor-flags that ask for writes to be on a disk when they return.
enum { FLAGS_OF_SYNCHRONIZATION = 4 | 8 | 16 };

EXPORT("filesystem/types#[method]descriptor.open-at")
const struct result_handle *descriptor_open_at(
    const struct object *directory, uint32_t path_flags, const uint8_t *path, uint32_t length, uint32_t open_flags, uint32_t flags) {
  begin_call();
  static struct result_handle result;
  errno_t number = 0;
  if (flags & FLAGS_OF_SYNCHRONIZATION) number = ERRNO_NOTSUP;
  if (open_flags & OPEN_DIRECTORY && open_flags & (OPEN_CREATE | OPEN_EXCLUSIVE | OPEN_TRUNCATE)) number = ERRNO_INVAL;
  uint64_t rights = (flags & MODE_READ ? RIGHT_READ : 0) | (flags & MODE_WRITE ? RIGHT_WRITE : 0);
  uint32_t fd;
  if (!number) number = path_open(fd_of(directory), path_flags, path, length, open_flags, rights, rights, 0, &fd);
  result = (struct result_handle){number != 0, {.code = file_error(number)}};
  // As Wasmtime has it: who does not ask to write may read, and creating and truncating give the right to write.
  uint32_t mode = flags & MODE_WRITE ? flags & (MODE_READ | MODE_WRITE) : MODE_READ;
  if (open_flags & (OPEN_CREATE | OPEN_TRUNCATE)) mode |= MODE_WRITE;
  if (!number) result.handle = new_descriptor(new_descriptor_of(new_file(fd, false), mode, directory->descriptor.is_protected));
  return &result;
}

EXPORT("filesystem/types#[method]descriptor.create-directory-at")
const struct result_small *descriptor_create_directory(const struct object *directory, const uint8_t *path, uint32_t length) {
  begin_call();
  return outcome(path_create_directory(fd_of(directory), path, length));
}

EXPORT("filesystem/types#[method]descriptor.remove-directory-at")
const struct result_small *descriptor_remove_directory(const struct object *directory, const uint8_t *path, uint32_t length) {
  begin_call();
  return outcome(path_remove_directory(fd_of(directory), path, length));
}

EXPORT("filesystem/types#[method]descriptor.unlink-file-at")
const struct result_small *descriptor_unlink_file(const struct object *directory, const uint8_t *path, uint32_t length) {
  begin_call();
  return outcome(path_unlink_file(fd_of(directory), path, length));
}

EXPORT("filesystem/types#[method]descriptor.link-at")
const struct result_small *descriptor_link(
    const struct object *directory, uint32_t path_flags, const uint8_t *path, uint32_t length, const struct object *target,
    const uint8_t *new_path, uint32_t new_length) {
  begin_call();
  return outcome(path_link(fd_of(directory), path_flags, path, length, fd_of(target), new_path, new_length));
}

EXPORT("filesystem/types#[method]descriptor.rename-at")
const struct result_small *descriptor_rename(
    const struct object *directory, const uint8_t *path, uint32_t length, const struct object *target, const uint8_t *new_path,
    uint32_t new_length) {
  begin_call();
  return outcome(path_rename(fd_of(directory), path, length, fd_of(target), new_path, new_length));
}

EXPORT("filesystem/types#[method]descriptor.symlink-at")
const struct result_small *descriptor_symlink(
    const struct object *directory, const uint8_t *target, uint32_t target_length, const uint8_t *path, uint32_t length) {
  begin_call();
  return outcome(path_symlink(target, target_length, fd_of(directory), path, length));
}

// result<string, error-code>
struct result_string {
  uint8_t is_error;
  union {
    struct list string;
    uint8_t code;
  };
};

EXPORT("filesystem/types#[method]descriptor.readlink-at")
const struct result_string *descriptor_readlink(const struct object *directory, const uint8_t *path, uint32_t length) {
  begin_call();
  static struct result_string result;
  enum { TARGET_LIMIT = 4096 };
  uint8_t *target = allocate(TARGET_LIMIT);
  uint32_t used;
  errno_t number = path_readlink(fd_of(directory), path, length, target, TARGET_LIMIT, &used);
  if (!number && !is_utf8(target, used)) number = ERRNO_ILSEQ;
  result.is_error = number != 0;
  if (number) result.code = file_error(number);
  else result.string = (struct list){target, used};
  return &result;
}
