/* Preloaded into a process that writes a log: makes some of its writes to the log's files fail, as a
 * broken or full disk would.
 *
 * DISK_CALLS  "write", "sync" or "any": which calls count
 * DISK_FIRST  the first of them to fail, from 1
 * DISK_COUNT  how many fail in a row
 * DISK_ERRNO  with what; a full disk (ENOSPC) first takes half of what it is given
 *
 * At the end the process says on stderr how many calls counted. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

static int belongs_to_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "/events.db") != NULL;
}

/* 0: go on; 1: the first failing call; 2: a later one. */
static int fails(int fd, const char *kind) {
    const char *counted = getenv("DISK_CALLS");
    if (!counted || (strcmp(counted, "any") && strcmp(counted, kind)) || !belongs_to_log(fd)) return 0;
    long call = atomic_fetch_add(&calls, 1) + 1, first = number("DISK_FIRST");
    if (call < first || call >= first + number("DISK_COUNT")) return 0;
    return call == first ? 1 : 2;
}

static ssize_t failing_write(ssize_t (*real)(int, const void *, size_t, off64_t), int fd,
                             const void *data, size_t size, off64_t offset) {
    int failing = fails(fd, "write");
    int cause = (int)number("DISK_ERRNO");
    if (!failing) return real(fd, data, size, offset);
    if (failing == 1 && cause == ENOSPC && size > 1) return real(fd, data, size / 2, offset);
    errno = cause;
    return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    return failing_write((ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"),
                         fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    return failing_write((ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"),
                         fd, data, size, offset);
}

static int failing_call(const char *name, int fd, const char *kind, off64_t size) {
    if (fails(fd, kind)) {
        errno = (int)number("DISK_ERRNO");
        return -1;
    }
    return ((int (*)(int, off64_t))dlsym(RTLD_NEXT, name))(fd, size);
}

int fsync(int fd) { return failing_call("fsync", fd, "sync", 0); }
int fdatasync(int fd) { return failing_call("fdatasync", fd, "sync", 0); }
int ftruncate64(int fd, off64_t size) { return failing_call("ftruncate64", fd, "write", size); }
int ftruncate(int fd, off_t size) { return failing_call("ftruncate64", fd, "write", size); }

__attribute__((destructor)) static void report(void) {
    fprintf(stderr, "\ncalls %ld\n", (long)calls);
}
