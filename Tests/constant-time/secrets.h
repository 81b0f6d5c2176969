// For Scripts/check-constant-time only: what memcheck is told, by the header that valgrind's own package installs.
#pragma once
#include <stddef.h>

/// From here on a branch or an address that depends on these bytes is an error.
void secret_begin(void *bytes, size_t count);
/// What has been computed may be looked at.
void secret_end(void *bytes, size_t count);
/// Errors so far.
unsigned secret_errors(void);
