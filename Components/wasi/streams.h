// What files, standard streams and pollables share of wasi:io.
#pragma once
#include "component.h"

// What one call reads or writes at most.
enum { TRANSFER_LIMIT = 1 << 20 };

struct object *new_input(struct object *file, uint32_t fd, uint64_t offset);
struct object *new_output(struct object *file, uint32_t fd, uint64_t offset, bool appends);
// Closes the stream and makes the error that says why.
struct stream_error failure(struct object *stream, errno_t number);

// Whether a read of standard input would not block.
bool input_is_ready(void);
