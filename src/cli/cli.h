/* The subcommands of postern: one function each, called by main() with argv[0] being the subcommand's name.
 * Each returns the exit status of CONTRACT: 0 yes or done, 1 no or failed, 2 usage. */
#ifndef POSTERN_CLI_CLI_H
#define POSTERN_CLI_CLI_H

/* postern pki VERB ...; see postern-pki(1). */
int cli_pki(int argc, char **argv);
/* postern serve --config FILE */
int cli_serve(int argc, char **argv);
/* postern check --config FILE */
int cli_check(int argc, char **argv);
/* postern status [--config FILE | --control SOCKET] [--json] */
int cli_status(int argc, char **argv);
/* postern explain (--config FILE | --control SOCKET) CERTIFICATE, and more; see postern-explain(1). */
int cli_explain(int argc, char **argv);
/* postern trial (--config FILE | --control SOCKET) [--crl FILE] [--trust FILE]; see postern-trial(1). */
int cli_trial(int argc, char **argv);
/* postern reload [--config FILE | --control SOCKET] */
int cli_reload(int argc, char **argv);
/* postern deny ... [--config FILE | --control SOCKET] */
int cli_deny(int argc, char **argv);
/* postern demo [--listen ADDR] [--dir DIR] [--backend URL] [--check] */
int cli_demo(int argc, char **argv);
/* The processes that the supervisor and the demo start: not for people. */
int cli_internal_loader(int argc, char **argv);
int cli_internal_worker(int argc, char **argv);
int cli_internal_pki_front(int argc, char **argv);
int cli_internal_demo_gateway(int argc, char **argv);
int cli_internal_demo_backend(int argc, char **argv);

#endif
