import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { messageOf } from './errors.js';
import type { NativeSrtp } from './native-srtp.js';

/** Must be that of native/src/hub.h, as are the numbers below. */
const ADDON_VERSION = 3;

/** An odd number of cache lines: slots that begin a power of two apart would crowd the same few places of a cache. */
const SLOT_BYTES = 31 * 64;
const RECEIVE_SLOTS = 256;
const LARGE_SLOTS = 16;
const SEND_SLOTS = 512;
const SEND_RECORDS = 512;
const RECORD_WORDS = 12;
const SEND_AT = RECEIVE_SLOTS * SLOT_BYTES + LARGE_SLOTS * 65_536;
const RECORDS_AT = SEND_AT + SEND_SLOTS * SLOT_BYTES;

/** How the memory shared with the addon is divided; bytes, and `…Word` in 32-bit words of the records. */
export const layout = {
  slotBytes: SLOT_BYTES,
  receiveSlots: RECEIVE_SLOTS,
  sendAt: SEND_AT,
  sendSlots: SEND_SLOTS,
  sendRecords: SEND_RECORDS,
  recordsAt: RECORDS_AT,
  recordWords: RECORD_WORDS,
  firstSendWord: RECEIVE_SLOTS * RECORD_WORDS,
  scratchWord: (RECEIVE_SLOTS + SEND_RECORDS) * RECORD_WORDS,
} as const;

/** Words of one record: a datagram received or to be sent, or an ICMP error (`length` is then minus its errno). */
export const word = {
  socket: 0,
  generation: 1,
  offset: 2,
  length: 3,
  port: 4,
  /** 4 or 6; then four words of address in network order, and the scope of a link-local one. */
  family: 5,
  address: 6,
  scope: 10,
  /** errno of sending. */
  result: 11,
  /** Of what was received by a socket that stamps: µs ago. */
  age: 11,
} as const;

/** The addon's functions; wrong arguments throw a TypeError. What each does is said in native/src/module.c. */
export interface NativeUdp extends NativeSrtp {
  readonly version: number;
  /** Without it the functions of SRTP throw. */
  readonly hasSrtp: boolean;
  start(onWake: (count: number, isBeat: boolean) => void, coalesceUs: number): { hub: number; memory: ArrayBuffer };
  stop(hub: number): void;
  bind(hub: number, address: string, port: number, receiveBufferBytes: number, isStamped: boolean): number;
  close(hub: number, socket: number, generation: number): void;
  flush(hub: number, count: number): number;
  arm(hub: number, atMs: number): void;
  parse(hub: number, address: string): number;
  format(hub: number): string;
  now(): number;
}

/** Of native/build.mjs, which is plain JavaScript outside of dist. */
interface Builder {
  buildNative(): Promise<{ readonly reason: string | null }>;
}

/** The folder native/, seen from here: from source and from dist. */
function nativeFolder(): URL | null {
  const places = ['../native/', '../../native/'].map((path) => new URL(path, import.meta.url));
  return places.find((place) => existsSync(fileURLToPath(new URL('build.mjs', place)))) ?? null;
}

/**
 * Builds the addon unless it is there; about a second, once. Null, or in a line why it could not be. For the start of a
 * program: its threads and processes then only load.
 */
export async function prepareNativeUdp(): Promise<string | null> {
  const folder = nativeFolder();
  if (folder === null) return 'its sources are not here';
  try {
    const builder = (await import(new URL('build.mjs', folder).href)) as Builder;
    return (await builder.buildNative()).reason;
  } catch (error) {
    return messageOf(error);
  }
}

/** The addon, or in a line why there is none. Each thread loads it for itself. */
export function loadNativeUdp(): NativeUdp | string {
  const folder = nativeFolder();
  if (folder === null) return 'its sources are not here';
  const { platform, arch, versions } = process;
  const file = fileURLToPath(new URL(`build/udp-${platform}-${arch}-${versions.modules}.node`, folder));
  if (!existsSync(file)) return 'it is not built';
  try {
    const addon = createRequire(import.meta.url)(file) as NativeUdp;
    return addon.version === ADDON_VERSION ? addon : `it has version ${addon.version}, not ${ADDON_VERSION}`;
  } catch (error) {
    return messageOf(error);
  }
}
