/* The style sheet of the page. */
#ifndef POSTERN_BENCH_PAGE_STYLE_H
#define POSTERN_BENCH_PAGE_STYLE_H

extern const char page_style[];

#endif
