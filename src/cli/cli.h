/* The subcommands of postern: one function each, called by main() with argv[0] being the subcommand's name.
 * Each returns the exit status of CONTRACT: 0 yes or done, 1 no or failed, 2 usage. */
#ifndef POSTERN_CLI_CLI_H
#define POSTERN_CLI_CLI_H

/* postern pki VERB ...; see postern-pki(1). */
int cli_pki(int argc, char **argv);

#endif
