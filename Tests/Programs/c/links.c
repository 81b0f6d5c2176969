// run:
// Symbolic and hard links in a writable directory.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *failure(int result) { return result == 0 ? "done" : strerror(errno); }

int main(void) {
  int descriptor = open("/scratch/target", O_CREAT | O_WRONLY, 0644);
  write(descriptor, "target", 6);
  close(descriptor);
  printf("symlink: %s\n", failure(symlink("target", "/scratch/pointer")));
  char text[64] = "";
  ssize_t length = readlink("/scratch/pointer", text, sizeof text);
  printf("readlink: %zd %s\n", length, text);
  struct stat status;
  printf("stat follows: %d %d\n", stat("/scratch/pointer", &status), S_ISREG(status.st_mode));
  printf("lstat does not: %d %d\n", lstat("/scratch/pointer", &status), S_ISLNK(status.st_mode));
  printf("read through it: %d\n", open("/scratch/pointer", O_RDONLY) >= 0);
  printf("but not when told: %d\n", open("/scratch/pointer", O_RDONLY | O_NOFOLLOW) >= 0);
  printf("dangling: %s\n", failure(symlink("nothing", "/scratch/dangling")));
  printf("open dangling: %s\n", open("/scratch/dangling", O_RDONLY) < 0 ? strerror(errno) : "?");
  printf("escape: %d\n", symlink("../../../etc/passwd", "/scratch/escape") == 0 && open("/scratch/escape", O_RDONLY) >= 0);
  unlink("/scratch/escape");
  printf("loop: %s %s\n", failure(symlink("round", "/scratch/about")), failure(symlink("about", "/scratch/round")));
  printf("open a loop: %s\n", open("/scratch/round", O_RDONLY) < 0 ? strerror(errno) : "?");
  printf("link: %s\n", failure(link("/scratch/target", "/scratch/other")));
  stat("/scratch/other", &status);
  printf("links: %d\n", (int)status.st_nlink);
  printf("unlink the first: %s\n", failure(unlink("/scratch/target")));
  stat("/scratch/other", &status);
  printf("still %lld bytes\n", (long long)status.st_size);
  return 0;
}
