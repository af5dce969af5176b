/* Style sheets: of pictures, and of the page around them. */
#ifndef POSTERN_BENCH_STYLE_H
#define POSTERN_BENCH_STYLE_H

/* All that a picture needs, also when it stands alone. */
extern const char style_picture[];
/* What a page needs beside it. */
extern const char style_page[];

#endif
