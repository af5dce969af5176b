/* OpenSSL's start in a process: before any other use of it, in every process of ours. */
#ifndef POSTERN_TLS_INIT_H
#define POSTERN_TLS_INIT_H

/* Start OpenSSL without reading openssl.cnf or OPENSSL_CONF, so that neither file nor environment can weaken
 * what Postern decides; and without strings or handlers at exit. OPENSSL_init_ssl(3). Aborts if it cannot. */
void tls_init(void);

/* The same, and then offer this process no more of OpenSSL than a TLS server needs: decoders and key managers
 * only for the keys of certificates. Nothing is decided differently; handshakes cost less
 * (docs/performance.md). For workers: before any other use of OpenSSL but tls_init(), once. Aborts if it
 * cannot. provider(7), OSSL_PROVIDER_add_builtin(3). */
void tls_init_narrow(void);

#endif
