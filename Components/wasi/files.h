// What the functions of a descriptor share.
#pragma once
#include "streams.h"

static inline uint32_t fd_of(const struct object *descriptor) { return descriptor->descriptor.file->file.fd; }

// result<_, error-code>
const struct result_small *outcome(errno_t number);
