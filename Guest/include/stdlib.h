#pragma once
#include <stddef.h>
int posix_memalign(void **result, size_t alignment, size_t size);
void free(void *pointer);
