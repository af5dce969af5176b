/* Allocation of small, fixed things: exhaustion aborts, so that no caller carries a path that no test walks.
 * What is sized by a peer or a file is bounded by a named limit before it comes here, or uses malloc itself
 * and checks. */
#ifndef POSTERN_BASE_MEMORY_H
#define POSTERN_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for count members of size bytes. Gives; free with free(). Aborts on exhaustion or overflow.
 */
void *xcalloc(size_t count, size_t size);
/* As realloc() of count members of size bytes; new bytes are not zeroed. Aborts on exhaustion or overflow. */
void *xreallocarray(void *memory, size_t count, size_t size);
/* Memory for as many bytes as a file has: not zeroed, in large pages where the kernel gives them on request,
 * since a million entries are thousands of small ones, and to touch one first takes a microsecond. Gives;
 * free with free(). NULL on exhaustion: the size is the file's, so the caller checks. */
void *memory_large(size_t size);
/* Ask for large pages in a mapping; small ones are as good. madvise(2), MADV_HUGEPAGE. */
void memory_prefer_large(void *memory, size_t size);
/* Copies of strings. Give; free with free(). */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
/* Overwrite a secret; is not optimised away. explicit_bzero(3). */
void memory_cleanse(void *memory, size_t length);

#endif
