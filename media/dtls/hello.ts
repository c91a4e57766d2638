import { dtls12, extension, p256, renegotiationScsv, signatureSchemes, suites } from './constants.js';
import { number, numbers, numbersIn, vector, WireReader } from './wire.js';

/** RFC 5246 §7.4.1.2, RFC 6347 §4.2.1. */
export interface ClientHello {
  readonly version: number;
  readonly random: Buffer;
  readonly cookie: Buffer;
  readonly suites: readonly number[];
  readonly extensions: ReadonlyMap<number, Buffer>;
}

/** RFC 5246 §7.4.1.3. */
export interface ServerHello {
  readonly version: number;
  readonly random: Buffer;
  readonly suite: number;
  readonly compression: number;
  readonly extensions: ReadonlyMap<number, Buffer>;
}

const RANDOM_BYTES = 32;

/** Null for what is none. */
export function readClientHello(body: Buffer): ClientHello | null {
  const reader = new WireReader(body);
  const version = reader.number(2);
  const random = reader.take(RANDOM_BYTES);
  reader.vector(1);
  const cookie = reader.vector(1);
  const offered = numbersIn(reader.vector(2));
  const compressions = reader.vector(1);
  const extensions = readExtensions(reader);
  if (!reader.isDone || offered === null || extensions === null || !compressions.includes(0)) return null;
  return { version, random, cookie, suites: offered, extensions };
}

/** Null for what is none. */
export function readServerHello(body: Buffer): ServerHello | null {
  const reader = new WireReader(body);
  const version = reader.number(2);
  const random = reader.take(RANDOM_BYTES);
  reader.vector(1);
  const suite = reader.number(2);
  const compression = reader.number(1);
  const extensions = readExtensions(reader);
  if (!reader.isDone || extensions === null) return null;
  return { version, random, suite, compression, extensions };
}

/** A hello may end without any; of one that comes twice nobody knows what it means (RFC 5246 §7.4.1.4). */
function readExtensions(reader: WireReader): ReadonlyMap<number, Buffer> | null {
  const found = new Map<number, Buffer>();
  if (reader.left === 0) return found;
  const list = new WireReader(reader.vector(2));
  while (list.left > 0) {
    const type = list.number(2);
    const data = list.vector(2);
    if (list.isShort || found.has(type)) return null;
    found.set(type, data);
  }
  return found;
}

/** What we say as client. @param profiles  their DTLS numbers, most wanted first */
export function writeClientHello(random: Uint8Array, cookie: Uint8Array, profiles: readonly number[]): Buffer {
  const offered = numbers([suites.ecdsaAes128Gcm, suites.rsaAes128Gcm]);
  const head = [number(dtls12, 2), random, vector(1), vector(1, cookie), vector(2, offered)];
  const extensions = [
    writeExtension(extension.supportedGroups, vector(2, numbers([p256]))),
    writeExtension(extension.pointFormats, vector(1, number(0, 1))),
    writeExtension(extension.signatureAlgorithms, vector(2, numbers([...signatureSchemes.keys()]))),
    writeExtension(extension.useSrtp, writeUseSrtp(profiles)),
    writeExtension(extension.extendedMasterSecret),
    writeExtension(extension.renegotiationInfo, vector(1)),
  ];
  return Buffer.concat([...head, vector(1, number(0, 1)), vector(2, ...extensions)]);
}

/** What we say as server: no extension that the client did not offer (RFC 5246 §7.4.1.4). */
export function writeServerHello(random: Uint8Array, profile: number, to: ClientHello): Buffer {
  const extensions = [writeExtension(extension.useSrtp, writeUseSrtp([profile]))];
  const { extensions: offered } = to;
  if (offered.has(extension.pointFormats)) {
    extensions.push(writeExtension(extension.pointFormats, vector(1, number(0, 1))));
  }
  if (offered.has(extension.extendedMasterSecret)) extensions.push(writeExtension(extension.extendedMasterSecret));
  if (offered.has(extension.renegotiationInfo) || to.suites.includes(renegotiationScsv)) {
    extensions.push(writeExtension(extension.renegotiationInfo, vector(1)));
  }
  const head = [number(dtls12, 2), random, vector(1), number(suites.ecdsaAes128Gcm, 2), number(0, 1)];
  return Buffer.concat([...head, vector(2, ...extensions)]);
}

function writeExtension(type: number, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([number(type, 2), vector(2, data)]);
}

/** RFC 5764 §4.1.1, without an MKI. */
function writeUseSrtp(profiles: readonly number[]): Buffer {
  return Buffer.concat([vector(2, numbers(profiles)), vector(1)]);
}

/** The profiles of use_srtp, RFC 5764 §4.1.1; none where it is missing, or wrong. */
export function srtpProfilesIn(extensions: ReadonlyMap<number, Buffer>): readonly number[] {
  const reader = new WireReader(extensions.get(extension.useSrtp) ?? Buffer.alloc(0));
  const profiles = numbersIn(reader.vector(2));
  reader.vector(1);
  return reader.isDone && profiles !== null ? profiles : [];
}

/** Is that number in an extension that is one list of numbers? True where it is missing and nothing is said of it. */
export function lists(extensions: ReadonlyMap<number, Buffer>, type: number, value: number): boolean {
  const data = extensions.get(type);
  if (data === undefined) return type === extension.supportedGroups;
  return numbersIn(new WireReader(data).vector(2))?.includes(value) === true;
}
