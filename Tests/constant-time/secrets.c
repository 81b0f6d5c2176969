#include "secrets.h"

#include <valgrind/memcheck.h>

void secret_begin(void *bytes, size_t count) { VALGRIND_MAKE_MEM_UNDEFINED(bytes, count); }
void secret_end(void *bytes, size_t count) { VALGRIND_MAKE_MEM_DEFINED(bytes, count); }
unsigned secret_errors(void) { return VALGRIND_COUNT_ERRORS; }
