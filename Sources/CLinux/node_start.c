#define _GNU_SOURCE
#include "node_start.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int coffer_mount(const char *type, const char *target, unsigned flags, const char *options) {
  unsigned long bits = MS_NOSUID | MS_NODEV;
  if (flags & COFFER_MOUNT_READ_ONLY) bits |= MS_RDONLY;
  if (flags & COFFER_MOUNT_NO_PROGRAMS) bits |= MS_NOEXEC;
  if (flags & COFFER_MOUNT_AGAIN) bits |= MS_REMOUNT;
  return mount(type, target, type, bits, options) == 0 ? 0 : -errno;
}

int coffer_mount_devices(const char *target) {
  return mount("devtmpfs", target, "devtmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") == 0 ? 0 : -errno;
}

int coffer_load_module(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -errno;
  int result = syscall(SYS_finit_module, file, "", 0) == 0 ? 0 : -errno;
  close(file);
  return result;
}

static void set_address(struct sockaddr *field, uint32_t address) {
  struct sockaddr_in value = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
  memcpy(field, &value, sizeof value);
}

static int configure(int control, const char *name, uint32_t address, unsigned prefix, uint32_t gateway) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  set_address(&request.ifr_addr, address);
  if (ioctl(control, SIOCSIFADDR, &request) != 0) return -errno;
  set_address(&request.ifr_netmask, prefix == 0 ? 0 : ~(uint32_t)0 << (32 - prefix));
  if (ioctl(control, SIOCSIFNETMASK, &request) != 0) return -errno;
  if (ioctl(control, SIOCGIFFLAGS, &request) != 0) return -errno;
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) != 0) return -errno;
  if (gateway == 0) return 0;
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  set_address(&route.rt_dst, 0);
  set_address(&route.rt_genmask, 0);
  set_address(&route.rt_gateway, gateway);
  return ioctl(control, SIOCADDRT, &route) == 0 ? 0 : -errno;
}

int coffer_start_interface(const char *name, uint32_t address, unsigned prefix, uint32_t gateway) {
  if (prefix > 32 || strlen(name) >= IFNAMSIZ) return -EINVAL;
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) return -errno;
  int result = configure(control, name, address, prefix, gateway);
  close(control);
  return result;
}

int coffer_give_no_capabilities(void) {
  for (unsigned long capability = 0; capability < 64; capability++) {
    int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    // Behind the last that the kernel knows.
    if (held < 0) return capability > 0 && errno == EINVAL ? 0 : -errno;
    if (held != 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return -errno;
  }
  return 0;
}

int coffer_allow_files(uint64_t count) {
  struct rlimit limit = {count, count};
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : -errno;
}

int coffer_power_off(void) {
  sync();
  return reboot(RB_POWER_OFF) == 0 ? 0 : -errno;
}
