/* Folders as a whole. */
#ifndef POSTERN_PKI_TREE_H
#define POSTERN_PKI_TREE_H

/* Remove a folder and all in it, as far as that goes; symbolic links are not followed. */
void pki_remove_tree(const char *path);

#endif
