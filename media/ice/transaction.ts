const ID_FROM = 8;
const ID_TO = 20;

/** The transaction id of a STUN message (RFC 8489 §5) as a key for tables; null where there is none. Throws on nothing. */
export function transactionIn(data: Uint8Array, length: number): string | null {
  if (length < ID_TO) return null;
  return Buffer.from(data.buffer, data.byteOffset, length).toString('latin1', ID_FROM, ID_TO);
}
