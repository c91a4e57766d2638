/** RFC 6347 §4.1: how DTLS 1.2 calls itself; 1.0 is in the records of a first ClientHello. */
export const dtls12 = 0xfefd;

/** RFC 5246 §6.2.1. */
export const contentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** RFC 5246 §7.4, RFC 6347 §4.3.2. */
export const handshakeType = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** RFC 5246 §7.2, of those that we send or tell apart. */
export const alertOf = {
  close_notify: 0,
  handshake_failure: 40,
  bad_certificate: 42,
  illegal_parameter: 47,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  unexpected_message: 10,
} as const;
export type AlertName = keyof typeof alertOf;

/** RFC 5289 §3.2: that for our ECDSA certificate, and that for a server with an RSA one. */
export const suites = { ecdsaAes128Gcm: 0xc02b, rsaAes128Gcm: 0xc02f } as const;

/** secp256r1 (RFC 8422 §5.1.1), which all of WebRTC has (RFC 8827 §6.5). */
export const p256 = 23;

/** RFC 5246 §7.4.1.4.1, RFC 8422 §5.1, RFC 7627 §5.1, RFC 5746 §3.2, RFC 5764 §4.1.1. */
export const extension = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** RFC 5746 §3.3: in the suites of who has no extension to say it with. */
export const renegotiationScsv = 0x00ff;

/** What we sign with. */
export const ecdsaSha256 = 0x0403;

/** What we verify: RFC 5246 §7.4.1.4.1, with SHA-2 alone. */
export const signatureSchemes: ReadonlyMap<number, { readonly hash: string; readonly keyType: 'ec' | 'rsa' }> = new Map(
  [
    [ecdsaSha256, { hash: 'sha256', keyType: 'ec' }],
    [0x0503, { hash: 'sha384', keyType: 'ec' }],
    [0x0603, { hash: 'sha512', keyType: 'ec' }],
    [0x0401, { hash: 'sha256', keyType: 'rsa' }],
    [0x0501, { hash: 'sha384', keyType: 'rsa' }],
    [0x0601, { hash: 'sha512', keyType: 'rsa' }],
  ],
);
