/* OpenSSL's start in a process: before any other use of it, in every process of ours. */
#ifndef POSTERN_TLS_INIT_H
#define POSTERN_TLS_INIT_H

/* Start OpenSSL without reading openssl.cnf or OPENSSL_CONF, so that neither file nor environment can weaken
 * what Postern decides; and without strings or handlers at exit. OPENSSL_init_ssl(3). Aborts if it cannot. */
void tls_init(void);

#endif
