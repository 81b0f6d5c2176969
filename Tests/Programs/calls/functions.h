// Every function of wasi_snapshot_preview1 that answers with a number, by its own name.
#pragma once
#include <stdint.h>

typedef uint32_t I;
typedef uint64_t L;

#define NAMED(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
#define F1(n, a) NAMED(n) I n(a);
#define F2(n, a, b) NAMED(n) I n(a, b);
#define F3(n, a, b, c) NAMED(n) I n(a, b, c);
#define F4(n, a, b, c, d) NAMED(n) I n(a, b, c, d);
#define F5(n, a, b, c, d, e) NAMED(n) I n(a, b, c, d, e);
#define F6(n, a, b, c, d, e, f) NAMED(n) I n(a, b, c, d, e, f);
#define F7(n, a, b, c, d, e, f, g) NAMED(n) I n(a, b, c, d, e, f, g);
#define F9(n, a, b, c, d, e, f, g, h, i) NAMED(n) I n(a, b, c, d, e, f, g, h, i);
#include "functions.def"
#undef F1
#undef F2
#undef F3
#undef F4
#undef F5
#undef F6
#undef F7
#undef F9
NAMED(proc_exit) _Noreturn void proc_exit(I);
