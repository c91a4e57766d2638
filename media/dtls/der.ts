/**
 * The few forms of DER (ITU-T X.690 §8, §10) that a certificate of ours is written with. Lengths go up to 65535 bytes.
 */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

/** A positive INTEGER of the bytes, which do not begin with a zero. */
export function positive(bytes: Uint8Array): Buffer {
  return der(0x02, bytes[0]! < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));
}

/** An OBJECT IDENTIFIER, given as the bytes of its arcs. */
export function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

/** UTCTime up to 2049, GeneralizedTime from then on: RFC 5280 §4.1.2.5. */
export function time(epochMs: number): Buffer {
  const digits = new Date(epochMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  return Number(digits.slice(0, 4)) < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

export function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}
