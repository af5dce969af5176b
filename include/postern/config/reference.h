/* The manual of the keys, from the same table that parses them. */
#ifndef POSTERN_CONFIG_REFERENCE_H
#define POSTERN_CONFIG_REFERENCE_H

#include <stdio.h>

/* conf/postern.ini: every section and key with its comment, range and default; commented out where a default
 * serves. What it writes is a valid configuration. */
void config_write_reference(FILE *out);
/* The key sections of man/postern.ini.5, in mdoc-free man(7) macros. */
void config_write_manual(FILE *out);

#endif
