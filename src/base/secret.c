#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t mapped_size(size_t len) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE);

        return (len + page) / page * page; /* a NUL fits always */
}

Secret secret_copy(Str bytes) {
        if (bytes.len == 0)
                return (Secret) { 0 };

        /* Pages of their own: core files are told about pages, not bytes. */
        size_t size = mapped_size(bytes.len);
        char *hidden = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (hidden == MAP_FAILED || madvise(hidden, size, MADV_DONTDUMP) < 0) {
                perror("memory for a secret");
                abort();
        }
        memcpy(hidden, bytes.ptr, bytes.len);
        return (Secret) { hidden, bytes.len };
}

void secret_clear(Secret *secret) {
        if (secret->hidden) {
                size_t size = mapped_size(secret->len);

                explicit_bzero(secret->hidden, size);
                munmap(secret->hidden, size);
        }
        *secret = (Secret) { 0 };
}
