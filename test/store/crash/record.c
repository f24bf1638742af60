/*
 * Preloaded into a process that writes a store: records, in order, every call that changes a file below
 * HEIRLOOM_IO_ROOT into HEIRLOOM_IO_LOG, after it was made, and with HEIRLOOM_IO_KILL=n kills the process
 * by SIGKILL before call n is made (from 1 on), or with HEIRLOOM_IO_TORN=1 after half of its bytes.
 *
 * A record is a line `<call> <number> <bytes> <path>[ <other path>]` with paths below the root, and then the bytes:
 *   create 0 0 p | write offset length p | truncate length 0 p | sync 0 0 p | unlink 0 0 p | rename 0 0 from to
 * SQLite's chance (salts of its log and journals) is zeros, so that the same work makes the same calls.
 * The shared memory of SQLite's log (`-shm`) is left out: nobody trusts it after the last process has gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static int log_file = -1;
static long kill_at, calls;
static int torn;

static void die(const char *why) {
  fprintf(stderr, "record.c: %s\n", why);
  _exit(70);
}

__attribute__((constructor)) static void start(void) {
  root = getenv("HEIRLOOM_IO_ROOT");
  const char *log = getenv("HEIRLOOM_IO_LOG");
  if (root == NULL || log == NULL) die("HEIRLOOM_IO_ROOT and HEIRLOOM_IO_LOG must be set");
  root_length = strlen(root);
  log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_file < 0) die("the log cannot be opened");
  kill_at = getenv("HEIRLOOM_IO_KILL") ? atol(getenv("HEIRLOOM_IO_KILL")) : 0;
  torn = getenv("HEIRLOOM_IO_TORN") != NULL;
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

/* The path below the root ("." for the root itself), or NULL when the file is none of ours. */
static const char *below(const char *path) {
  if (root == NULL || strncmp(path, root, root_length) != 0) return NULL;
  if (path[root_length] == '\0') return ".";
  if (path[root_length] != '/') return NULL;
  size_t length = strlen(path);
  if (length >= 4 && strcmp(path + length - 4, "-shm") == 0) return NULL;
  return path + root_length + 1;
}

static const char *below_fd(int fd, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = '\0';
  return below(buffer);
}

static void record(const char *call, long long number, const void *bytes, size_t length, const char *path, const char *other) {
  char head[2 * PATH_MAX + 128];
  int head_length = snprintf(head, sizeof head, "%s %lld %zu %s%s%s\n", call, number, length, path, other ? " " : "", other ? other : "");
  struct iovec parts[2] = {{head, (size_t)head_length}, {(void *)bytes, length}};
  if (syscall(SYS_writev, log_file, parts, 2) != (long)(head_length + length)) die("the log cannot be written");
}

/* Counts the call; tells whether it is the one that is not to be made. */
static int is_last(void) {
  calls += 1;
  return calls == kill_at;
}

static void end(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static ssize_t written(int fd, const void *bytes, size_t length, off64_t offset, ssize_t (*make)(int, const void *, size_t, off64_t)) {
  char buffer[PATH_MAX];
  const char *path = below_fd(fd, buffer);
  if (path == NULL) return make(fd, bytes, length, offset);
  pthread_mutex_lock(&lock);
  off64_t at = offset;
  if (offset < 0) {
    int flags = fcntl(fd, F_GETFL);
    at = lseek64(fd, 0, (flags & O_APPEND) ? SEEK_END : SEEK_CUR);
  }
  if (is_last()) {
    if (torn) make(fd, bytes, length / 2, offset);
    end();
  }
  ssize_t done = make(fd, bytes, length, offset);
  int error = errno;
  if (done > 0) record("write", at, bytes, (size_t)done, path, NULL);
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

static ssize_t make_write(int fd, const void *bytes, size_t length, off64_t offset) {
  (void)offset;
  return NEXT(ssize_t(*)(int, const void *, size_t), "write")(fd, bytes, length);
}

static ssize_t make_pwrite(int fd, const void *bytes, size_t length, off64_t offset) {
  return NEXT(ssize_t(*)(int, const void *, size_t, off64_t), "pwrite64")(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length) { return written(fd, bytes, length, -1, make_write); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return written(fd, bytes, length, offset, make_pwrite); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return written(fd, bytes, length, offset, make_pwrite); }

/* None of these is used on a store; if that changes, the recording would lack it, so say so. */
static void refuse_ours(int fd, const char *call) {
  char buffer[PATH_MAX];
  if (below_fd(fd, buffer) != NULL) die(call);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  refuse_ours(fd, "writev on a file of the store is not recorded");
  return NEXT(ssize_t(*)(int, const struct iovec *, int), "writev")(fd, parts, count);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  refuse_ours(fd, "fallocate on a file of the store is not recorded");
  return NEXT(int (*)(int, int, off64_t, off64_t), "fallocate64")(fd, mode, offset, length);
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  refuse_ours(fd, "posix_fallocate on a file of the store is not recorded");
  return NEXT(int (*)(int, off64_t, off64_t), "posix_fallocate64")(fd, offset, length);
}

static int synced(int fd, const char *name) {
  char buffer[PATH_MAX];
  const char *path = below_fd(fd, buffer);
  int (*make)(int) = NEXT(int (*)(int), name);
  if (path == NULL) return make(fd);
  pthread_mutex_lock(&lock);
  if (is_last()) end();
  int done = make(fd);
  if (done == 0) record("sync", 0, NULL, 0, path, NULL);
  pthread_mutex_unlock(&lock);
  return done;
}
int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

int ftruncate64(int fd, off64_t length) {
  char buffer[PATH_MAX];
  const char *path = below_fd(fd, buffer);
  int (*make)(int, off64_t) = NEXT(int (*)(int, off64_t), "ftruncate64");
  if (path == NULL) return make(fd, length);
  pthread_mutex_lock(&lock);
  if (is_last()) end();
  int done = make(fd, length);
  if (done == 0) record("truncate", length, NULL, 0, path, NULL);
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int removed(const char *path, const char *name) {
  const char *ours = below(path);
  int (*make)(const char *) = NEXT(int (*)(const char *), name);
  struct stat64 found;
  if (ours == NULL || stat64(path, &found) != 0) return make(path);
  pthread_mutex_lock(&lock);
  if (is_last()) end();
  int done = make(path);
  if (done == 0) record("unlink", 0, NULL, 0, ours, NULL);
  pthread_mutex_unlock(&lock);
  return done;
}
int unlink(const char *path) { return removed(path, "unlink"); }
int remove(const char *path) { return removed(path, "remove"); }
int unlinkat(int fd, const char *path, int flags) {
  if (path[0] == '/' && (flags & AT_REMOVEDIR) == 0) return removed(path, "unlink");
  return NEXT(int (*)(int, const char *, int), "unlinkat")(fd, path, flags);
}

int rename(const char *from, const char *to) {
  const char *ours = below(from);
  int (*make)(const char *, const char *) = NEXT(int (*)(const char *, const char *), "rename");
  if (ours == NULL) return make(from, to);
  pthread_mutex_lock(&lock);
  if (is_last()) end();
  int done = make(from, to);
  const char *there = below(to);
  if (done == 0) record("rename", 0, NULL, 0, ours, there ? there : "?");
  pthread_mutex_unlock(&lock);
  return done;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
  int (*make)(int, const char *, int, mode_t) = NEXT(int (*)(int, const char *, int, mode_t), "openat64");
  if (strcmp(path, "/dev/urandom") == 0) path = "/dev/zero";
  const char *ours = (flags & (O_CREAT | O_TRUNC)) && path[0] == '/' ? below(path) : NULL;
  if (ours == NULL) return make(directory, path, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat64 found;
  int exists = stat64(path, &found) == 0;
  int changes = !exists || ((flags & O_TRUNC) && found.st_size > 0);
  if (changes && is_last()) end();
  int fd = make(directory, path, flags, mode);
  if (fd >= 0 && changes) {
    if (exists) record("truncate", 0, NULL, 0, ours, NULL);
    else record("create", 0, NULL, 0, ours, NULL);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

#define OPEN(directory, path, flags)                     \
  va_list more;                                          \
  va_start(more, flags);                                 \
  mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0; \
  va_end(more);                                          \
  return opened(directory, path, flags, mode)

int open(const char *path, int flags, ...) { OPEN(AT_FDCWD, path, flags); }
int open64(const char *path, int flags, ...) { OPEN(AT_FDCWD, path, flags); }
int openat(int directory, const char *path, int flags, ...) { OPEN(directory, path, flags); }
int openat64(int directory, const char *path, int flags, ...) { OPEN(directory, path, flags); }
