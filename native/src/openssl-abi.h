/*
 * The functions of Node's own OpenSSL that SRTP is done with, as its version 3 ABI has them; no header of OpenSSL is
 * needed. They are weak: on a Node that does not give them to addons they are NULL, and there is no SRTP here.
 */
#ifndef HOOKLINE_OPENSSL_ABI_H
#define HOOKLINE_OPENSSL_ABI_H

#include <stddef.h>

#define OPENSSL_ABI __attribute__((weak))

typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct engine_st ENGINE;

/* OpenSSL's has 24 words, and may be copied; more of them do no harm. */
typedef struct {
  unsigned int words[32];
} SHA_CTX;

enum { OPENSSL_MAJOR = 3, GCM_GET_TAG = 0x10, GCM_SET_TAG = 0x11 };

unsigned long OpenSSL_version_num(void) OPENSSL_ABI;
void OPENSSL_cleanse(void *memory, size_t bytes) OPENSSL_ABI;
int CRYPTO_memcmp(const void *one, const void *other, size_t bytes) OPENSSL_ABI;

const EVP_CIPHER *EVP_aes_128_ctr(void) OPENSSL_ABI;
const EVP_CIPHER *EVP_aes_256_ctr(void) OPENSSL_ABI;
const EVP_CIPHER *EVP_aes_128_gcm(void) OPENSSL_ABI;
const EVP_CIPHER *EVP_aes_256_gcm(void) OPENSSL_ABI;
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void) OPENSSL_ABI;
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context) OPENSSL_ABI;
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int bytes, void *data) OPENSSL_ABI;
int EVP_CipherInit_ex(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, ENGINE *engine, const unsigned char *key,
                      const unsigned char *iv, int is_encrypting) OPENSSL_ABI;
int EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *out_bytes, const unsigned char *in,
                     int in_bytes) OPENSSL_ABI;
int EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *out_bytes) OPENSSL_ABI;

/* Deprecated, and there all the same: an HMAC of OpenSSL 3's own kind costs several times the hash of a packet. */
int SHA1_Init(SHA_CTX *context) OPENSSL_ABI;
int SHA1_Update(SHA_CTX *context, const void *data, size_t bytes) OPENSSL_ABI;
int SHA1_Final(unsigned char *digest, SHA_CTX *context) OPENSSL_ABI;

#endif
