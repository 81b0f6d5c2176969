#ifndef COFFER_NODE_START_H
#define COFFER_NODE_START_H

#include <stdint.h>

/// What the first process of a node image asks of Linux. Results below zero are negative error numbers.

enum { COFFER_MOUNT_READ_ONLY = 1, COFFER_MOUNT_NO_PROGRAMS = 2, COFFER_MOUNT_AGAIN = 4 };

/// Mounts a file system without devices and set-user-ID programs. `options` may be NULL.
int coffer_mount(const char *type, const char *target, unsigned flags, const char *options);

/// The same for the one that has the devices.
int coffer_mount_devices(const char *target);

/// Loads a kernel module from a file; the kernel checks its signature.
int coffer_load_module(const char *path);

/// Gives an interface an IPv4 address (in the order of the machine) and brings it up; with a gateway other than 0 also the default route.
int coffer_start_interface(const char *name, uint32_t address, unsigned prefix, uint32_t gateway);

/// Programs that are started from now on have no capabilities and can get none; this process keeps its own.
int coffer_give_no_capabilities(void);

/// How many files this process, and what it starts, may open.
int coffer_allow_files(uint64_t count);

/// Writes everything out and switches the machine off; returns only where that is not allowed.
int coffer_power_off(void);

#endif
