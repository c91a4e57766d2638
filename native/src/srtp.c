/* The cryptography of one packet, and the table of keys. */
#include "srtp.h"

#include <stdlib.h>
#include <string.h>

#include "openssl-abi.h"

enum { IV_BYTES = 16, SHA1_BYTES = 20, SHA1_BLOCK_BYTES = 64 };

/* The keys of one protocol. */
typedef struct {
  EVP_CIPHER_CTX *cipher;
  /* The hash behind both halves of the HMAC's key (RFC 2104 §4). */
  SHA_CTX inner;
  SHA_CTX outer;
  uint8_t salt[CM_SALT_BYTES];
  bool is_gcm;
  int tag_bytes;
} srtp_keys;

struct srtp_context {
  srtp_keys rtp;
  srtp_keys rtcp;
};

typedef struct {
  srtp_context *context;
  int32_t generation;
  /* Of a free one: the next. */
  int32_t next_free;
} srtp_place;

struct srtp_table {
  srtp_place *places;
  int32_t count;
  int32_t first_free;
  /* What GCM decrypts: it goes into the packet once the tag was right. */
  uint8_t opened[MAX_SRTP_BYTES];
  uint8_t associated[MAX_SRTP_BYTES + RTCP_INDEX_BYTES];
};

bool srtp_is_there(void) {
  bool has_all = OpenSSL_version_num != NULL && OPENSSL_cleanse != NULL && CRYPTO_memcmp != NULL &&
                 EVP_aes_128_ctr != NULL && EVP_aes_256_ctr != NULL && EVP_aes_128_gcm != NULL &&
                 EVP_aes_256_gcm != NULL && EVP_CIPHER_CTX_new != NULL && EVP_CIPHER_CTX_free != NULL &&
                 EVP_CIPHER_CTX_ctrl != NULL && EVP_CipherInit_ex != NULL && EVP_CipherUpdate != NULL &&
                 EVP_CipherFinal_ex != NULL && SHA1_Init != NULL && SHA1_Update != NULL && SHA1_Final != NULL;
  return has_all && OpenSSL_version_num() >> 28 == OPENSSL_MAJOR;
}

static void write32(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 24);
  at[1] = (uint8_t)(value >> 16);
  at[2] = (uint8_t)(value >> 8);
  at[3] = (uint8_t)value;
}

static uint32_t read32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* RFC 3711 §4.1.1 and RFC 7714 §8.1, §9.1: salt ⊕ SSRC ⊕ index of 48 bits; GCM has them two bytes earlier. */
static void make_iv(const srtp_keys *keys, const uint8_t *ssrc, uint64_t index, uint8_t *iv) {
  int salt_bytes = keys->is_gcm ? GCM_SALT_BYTES : CM_SALT_BYTES;
  memset(iv, 0, IV_BYTES);
  memcpy(iv + salt_bytes - 10, ssrc, 4);
  write32(iv + salt_bytes - 6, (uint32_t)(index >> 16));
  iv[salt_bytes - 2] = (uint8_t)(index >> 8);
  iv[salt_bytes - 1] = (uint8_t)index;
  for (int i = 0; i < salt_bytes; i += 1) iv[i] ^= keys->salt[i];
}

static bool apply_counter_mode(srtp_keys *keys, const uint8_t *ssrc, uint64_t index, uint8_t *data, int bytes) {
  uint8_t iv[IV_BYTES];
  int done = 0;
  make_iv(keys, ssrc, index, iv);
  return EVP_CipherInit_ex(keys->cipher, NULL, NULL, NULL, iv, 1) == 1 &&
         EVP_CipherUpdate(keys->cipher, data, &done, data, bytes) == 1;
}

/* RFC 3711 §4.2: of the data and, where there is one, the trailer. */
static void sign(const srtp_keys *keys, const uint8_t *data, int bytes, const uint8_t *trailer, uint8_t *code) {
  SHA_CTX hash = keys->inner;
  SHA1_Update(&hash, data, (size_t)bytes);
  if (trailer != NULL) SHA1_Update(&hash, trailer, 4);
  SHA1_Final(code, &hash);
  hash = keys->outer;
  SHA1_Update(&hash, code, SHA1_BYTES);
  SHA1_Final(code, &hash);
}

static bool is_signed(const srtp_keys *keys, const uint8_t *data, int bytes, const uint8_t *trailer) {
  uint8_t code[SHA1_BYTES];
  sign(keys, data, bytes, trailer, code);
  return CRYPTO_memcmp(code, data + bytes, (size_t)keys->tag_bytes) == 0;
}

static bool start_gcm(srtp_keys *keys, const uint8_t *iv, const uint8_t *associated, int bytes, int is_encrypting) {
  int done = 0;
  return EVP_CipherInit_ex(keys->cipher, NULL, NULL, NULL, iv, is_encrypting) == 1 &&
         EVP_CipherUpdate(keys->cipher, NULL, &done, associated, bytes) == 1;
}

/* The tag goes behind the data. */
static bool seal_gcm(srtp_keys *keys, const uint8_t *iv, const uint8_t *associated, int associated_bytes, uint8_t *data,
                     int bytes) {
  int done = 0;
  return start_gcm(keys, iv, associated, associated_bytes, 1) &&
         EVP_CipherUpdate(keys->cipher, data, &done, data, bytes) == 1 &&
         EVP_CipherFinal_ex(keys->cipher, data + bytes, &done) == 1 &&
         EVP_CIPHER_CTX_ctrl(keys->cipher, GCM_GET_TAG, GCM_TAG_BYTES, data + bytes) == 1;
}

static bool open_gcm(srtp_table *table, srtp_keys *keys, const uint8_t *iv, const uint8_t *associated,
                     int associated_bytes, uint8_t *data, int bytes) {
  int done = 0;
  bool is_genuine = start_gcm(keys, iv, associated, associated_bytes, 0) &&
                    EVP_CIPHER_CTX_ctrl(keys->cipher, GCM_SET_TAG, GCM_TAG_BYTES, data + bytes) == 1 &&
                    EVP_CipherUpdate(keys->cipher, table->opened, &done, data, bytes) == 1 &&
                    EVP_CipherFinal_ex(keys->cipher, table->opened + bytes, &done) == 1;
  if (is_genuine) memcpy(data, table->opened, (size_t)bytes);
  return is_genuine;
}

int srtp_rtp_overhead(const srtp_context *context) { return context->rtp.tag_bytes; }

int srtp_rtcp_overhead(const srtp_context *context) { return context->rtcp.tag_bytes + RTCP_INDEX_BYTES; }

static uint64_t rtp_index(const uint8_t *data, uint32_t rollovers) {
  return (uint64_t)rollovers << 16 | (uint64_t)data[2] << 8 | data[3];
}

int32_t srtp_seal_rtp(srtp_context *context, uint8_t *data, int header_bytes, int length, uint32_t rollovers) {
  srtp_keys *keys = &context->rtp;
  uint64_t index = rtp_index(data, rollovers);
  uint8_t *payload = data + header_bytes;
  if (keys->is_gcm) {
    uint8_t iv[IV_BYTES];
    make_iv(keys, data + 8, index, iv);
    bool is_sealed = seal_gcm(keys, iv, data, header_bytes, payload, length - header_bytes);
    return is_sealed ? length + keys->tag_bytes : -1;
  }
  uint8_t trailer[4];
  uint8_t code[SHA1_BYTES];
  if (!apply_counter_mode(keys, data + 8, index, payload, length - header_bytes)) return -1;
  write32(trailer, rollovers);
  sign(keys, data, length, trailer, code);
  memcpy(data + length, code, (size_t)keys->tag_bytes);
  return length + keys->tag_bytes;
}

int32_t srtp_open_rtp(srtp_table *table, srtp_context *context, uint8_t *data, int header_bytes, int length,
                      uint32_t rollovers) {
  srtp_keys *keys = &context->rtp;
  uint64_t index = rtp_index(data, rollovers);
  int end = length - keys->tag_bytes;
  uint8_t *payload = data + header_bytes;
  if (keys->is_gcm) {
    uint8_t iv[IV_BYTES];
    make_iv(keys, data + 8, index, iv);
    return open_gcm(table, keys, iv, data, header_bytes, payload, end - header_bytes) ? end : -1;
  }
  uint8_t trailer[4];
  write32(trailer, rollovers);
  if (!is_signed(keys, data, end, trailer)) return -1;
  return apply_counter_mode(keys, data + 8, index, payload, end - header_bytes) ? end : -1;
}

/* RFC 3711 §3.4: header | encrypted | E and index | tag; RFC 7714 §9.2: header | encrypted | tag | E and index. */
int32_t srtp_seal_rtcp(srtp_context *context, uint8_t *data, int length, uint32_t index) {
  srtp_keys *keys = &context->rtcp;
  uint8_t *body = data + RTCP_HEADER_BYTES;
  int body_bytes = length - RTCP_HEADER_BYTES;
  int end = length + keys->tag_bytes + RTCP_INDEX_BYTES;
  if (keys->is_gcm) {
    uint8_t iv[IV_BYTES];
    uint8_t associated[RTCP_HEADER_BYTES + RTCP_INDEX_BYTES];
    make_iv(keys, data + 4, index, iv);
    memcpy(associated, data, RTCP_HEADER_BYTES);
    write32(associated + RTCP_HEADER_BYTES, index | 0x80000000u);
    if (!seal_gcm(keys, iv, associated, sizeof associated, body, body_bytes)) return -1;
    write32(data + end - RTCP_INDEX_BYTES, index | 0x80000000u);
    return end;
  }
  uint8_t code[SHA1_BYTES];
  if (!apply_counter_mode(keys, data + 4, index, body, body_bytes)) return -1;
  write32(data + length, index | 0x80000000u);
  sign(keys, data, length + RTCP_INDEX_BYTES, NULL, code);
  memcpy(data + length + RTCP_INDEX_BYTES, code, (size_t)keys->tag_bytes);
  return end;
}

static int32_t open_rtcp_gcm(srtp_table *table, srtp_keys *keys, uint8_t *data, int length) {
  uint8_t iv[IV_BYTES];
  int end = length - RTCP_INDEX_BYTES - GCM_TAG_BYTES;
  uint32_t word = read32(data + length - RTCP_INDEX_BYTES);
  bool is_encrypted = (word & 0x80000000u) != 0;
  /* RFC 7714 §9.3: what is only authenticated is all associated data, with the index behind it. */
  int clear_bytes = is_encrypted ? RTCP_HEADER_BYTES : end;
  make_iv(keys, data + 4, word & 0x7fffffffu, iv);
  memcpy(table->associated, data, (size_t)clear_bytes);
  write32(table->associated + clear_bytes, word);
  bool is_genuine = open_gcm(table, keys, iv, table->associated, clear_bytes + RTCP_INDEX_BYTES, data + clear_bytes,
                             end - clear_bytes);
  return is_genuine ? end : -1;
}

int32_t srtp_open_rtcp(srtp_table *table, srtp_context *context, uint8_t *data, int length) {
  srtp_keys *keys = &context->rtcp;
  if (keys->is_gcm) return open_rtcp_gcm(table, keys, data, length);
  int signed_bytes = length - keys->tag_bytes;
  int end = signed_bytes - RTCP_INDEX_BYTES;
  if (!is_signed(keys, data, signed_bytes, NULL)) return -1;
  uint32_t word = read32(data + end);
  if ((word & 0x80000000u) == 0) return end;
  uint8_t *body = data + RTCP_HEADER_BYTES;
  return apply_counter_mode(keys, data + 4, word & 0x7fffffffu, body, end - RTCP_HEADER_BYTES) ? end : -1;
}

static void start_hash(SHA_CTX *hash, const uint8_t *key, uint8_t pad) {
  uint8_t block[SHA1_BLOCK_BYTES];
  memset(block, pad, sizeof block);
  for (int i = 0; i < AUTH_KEY_BYTES; i += 1) block[i] ^= key[i];
  SHA1_Init(hash);
  SHA1_Update(hash, block, sizeof block);
  OPENSSL_cleanse(block, sizeof block);
}

static bool set_keys(srtp_keys *keys, const EVP_CIPHER *cipher, srtp_material from, int tag_bytes) {
  keys->is_gcm = tag_bytes == GCM_TAG_BYTES;
  keys->tag_bytes = tag_bytes;
  memcpy(keys->salt, from.salt, keys->is_gcm ? GCM_SALT_BYTES : CM_SALT_BYTES);
  if (!keys->is_gcm) {
    start_hash(&keys->inner, from.auth_key, 0x36);
    start_hash(&keys->outer, from.auth_key, 0x5c);
  }
  keys->cipher = EVP_CIPHER_CTX_new();
  return keys->cipher != NULL && EVP_CipherInit_ex(keys->cipher, cipher, NULL, from.cipher_key, NULL, 1) == 1;
}

/* OpenSSL zeroes what it frees of a cipher. */
static void free_context(srtp_context *context) {
  if (context == NULL) return;
  EVP_CIPHER_CTX_free(context->rtp.cipher);
  EVP_CIPHER_CTX_free(context->rtcp.cipher);
  OPENSSL_cleanse(context, sizeof *context);
  free(context);
}

static srtp_context *new_context(int cipher_key_bytes, int rtp_tag_bytes, srtp_material rtp, srtp_material rtcp) {
  bool is_gcm = rtp_tag_bytes == GCM_TAG_BYTES;
  bool is_long = cipher_key_bytes == 32;
  const EVP_CIPHER *counter_mode = is_long ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  const EVP_CIPHER *cipher = is_gcm ? (is_long ? EVP_aes_256_gcm() : EVP_aes_128_gcm()) : counter_mode;
  srtp_context *made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  bool is_ready = set_keys(&made->rtp, cipher, rtp, rtp_tag_bytes) &&
                  set_keys(&made->rtcp, cipher, rtcp, is_gcm ? GCM_TAG_BYTES : CM_RTCP_TAG_BYTES);
  if (is_ready) return made;
  free_context(made);
  return NULL;
}

srtp_table *srtp_table_new(void) {
  srtp_table *made = calloc(1, sizeof *made);
  if (made != NULL) made->first_free = -1;
  return made;
}

void srtp_table_free(srtp_table *table) {
  if (table == NULL) return;
  for (int32_t i = 0; i < table->count; i += 1) free_context(table->places[i].context);
  free(table->places);
  OPENSSL_cleanse(table->opened, sizeof table->opened);
  free(table);
}

static bool grow(srtp_table *table) {
  int32_t count = table->count == 0 ? 64 : table->count * 2;
  if (count > MAX_SRTP_CONTEXTS) return false;
  srtp_place *places = realloc(table->places, (size_t)count * sizeof *places);
  if (places == NULL) return false;
  for (int32_t i = count - 1; i >= table->count; i -= 1) {
    places[i] = (srtp_place){.context = NULL, .generation = 1, .next_free = table->first_free};
    table->first_free = i;
  }
  table->places = places;
  table->count = count;
  return true;
}

int32_t srtp_open(srtp_table *table, int cipher_key_bytes, int rtp_tag_bytes, srtp_material rtp, srtp_material rtcp) {
  if (table->first_free < 0 && !grow(table)) return -1;
  srtp_context *made = new_context(cipher_key_bytes, rtp_tag_bytes, rtp, rtcp);
  if (made == NULL) return -1;
  int32_t index = table->first_free;
  srtp_place *place = &table->places[index];
  table->first_free = place->next_free;
  place->context = made;
  return place->generation << SRTP_INDEX_BITS | index;
}

static srtp_place *find_place(srtp_table *table, int32_t handle) {
  int32_t index = handle & (MAX_SRTP_CONTEXTS - 1);
  if (handle < 0 || index >= table->count) return NULL;
  srtp_place *place = &table->places[index];
  return place->context != NULL && place->generation == handle >> SRTP_INDEX_BITS ? place : NULL;
}

srtp_context *srtp_find(srtp_table *table, int32_t handle) {
  srtp_place *place = find_place(table, handle);
  return place == NULL ? NULL : place->context;
}

bool srtp_close(srtp_table *table, int32_t handle) {
  srtp_place *place = find_place(table, handle);
  if (place == NULL) return false;
  free_context(place->context);
  place->context = NULL;
  /* 17 bits of it fit into a handle that is no negative number. */
  place->generation = place->generation % 0x1ffff + 1;
  place->next_free = table->first_free;
  table->first_free = handle & (MAX_SRTP_CONTEXTS - 1);
  return true;
}
