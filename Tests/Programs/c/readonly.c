// run:
// A directory that may only be read, and the ways out of it that must be closed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void attempt(const char *what, int result) { printf("%-28s %s\n", what, result < 0 ? "refused" : "ALLOWED"); }

int main(void) {
  char line[128];
  FILE *file = fopen("/data/fog.txt", "r");
  if (!file) return perror("/data/fog.txt"), 1;
  int number = 0;
  while (fgets(line, sizeof line, file)) printf("%d %s", ++number, line);
  fclose(file);
  struct stat status;
  printf("empty: %d %lld\n", stat("/data/empty", &status), (long long)status.st_size);
  printf("nested: %d %lld\n", stat("/data/nested/deeper/../greek.txt", &status), (long long)status.st_size);
  file = fopen("/data/unterminated", "r");
  printf("[%s]\n", fgets(line, sizeof line, file));
  fclose(file);

  attempt("open for writing", open("/data/fog.txt", O_WRONLY));
  attempt("open for both", open("/data/fog.txt", O_RDWR));
  attempt("create", open("/data/new", O_CREAT | O_WRONLY, 0644));
  attempt("unlink", unlink("/data/fog.txt"));
  attempt("rename", rename("/data/fog.txt", "/data/mist.txt"));
  attempt("mkdir", mkdir("/data/folder", 0755));
  attempt("truncate", open("/data/fog.txt", O_RDONLY | O_TRUNC));
  attempt("above the directory", open("/data/../secret", O_RDONLY));
  attempt("far above", open("/data/../../../../etc/passwd", O_RDONLY));
  attempt("absolute", open("/etc/passwd", O_RDONLY));
  attempt("through a file", open("/data/fog.txt/../../secret", O_RDONLY));
  attempt("no such file", open("/data/none", O_RDONLY));
  printf("%s\n", open("/data/none", O_RDONLY) < 0 ? strerror(errno) : "?");
  int descriptor = open("/data/fog.txt", O_RDONLY);
  attempt("write to a reader", (int)write(descriptor, "x", 1));
  attempt("truncate a reader", ftruncate(descriptor, 0));
  attempt("an unknown descriptor", (int)write(77, "x", 1));
  return 0;
}
