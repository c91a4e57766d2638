import type { SdpSeen } from '../../contract/mediaswitch/control.js';

/** `ilbc@20` is `ilbc`: 20 ms is what there is. */
export type CodecName = 'pcma' | 'pcmu' | '722' | 'ilbc' | 'ilbc@20' | '2833';

interface CodecLine {
  readonly payload: number;
  readonly encoding: string;
  readonly fmtp?: string;
}

/** RFC 3551 §6 and RFC 3952; G.722 is announced with 8000 whatever it samples (RFC 3551 §4.5.2). */
const lines: Readonly<Record<CodecName, CodecLine>> = {
  pcmu: { payload: 0, encoding: 'PCMU' },
  pcma: { payload: 8, encoding: 'PCMA' },
  '722': { payload: 9, encoding: 'G722' },
  ilbc: { payload: 97, encoding: 'iLBC', fmtp: 'mode=20' },
  'ilbc@20': { payload: 97, encoding: 'iLBC', fmtp: 'mode=20' },
  '2833': { payload: 101, encoding: 'telephone-event', fmtp: '0-16' },
};
const CLOCK_RATE_HZ = 8000;
const EVENTS_PAYLOAD = lines['2833'].payload;
const FIRST_DYNAMIC = 96;

export const defaultCodecs: readonly CodecName[] = ['pcma', 'pcmu', '722', 'ilbc', '2833'];

/** Codec names as a script writes them, numbers too. Throws a TypeError that names the one that does not exist. */
export function readCodecs(names: unknown): CodecName[] {
  if (!Array.isArray(names) || names.length === 0) throw new TypeError('codecs has to be a list of names');
  return names.map((name) => {
    const known = String(name).toLowerCase();
    if (!isCodec(known)) throw new TypeError(`no codec ${String(name)}: there are ${Object.keys(lines).join(', ')}`);
    return known;
  });
}

export function isCodec(name: string): name is CodecName {
  return Object.hasOwn(lines, name);
}

export type Direction = 'sendrecv' | 'inactive';

export interface SdpOrigin {
  readonly sessionId: number;
  readonly version: number;
  readonly ip: string;
  readonly port: number;
}

/** One audio line with these codecs (contract 1.6 and 2.4); `only` leaves out what the peer did not offer. */
export function makeSdp(origin: SdpOrigin, codecs: readonly CodecName[], only: readonly number[] | null): SdpSeen {
  const wanted = [...new Map(codecs.map((name) => [lines[name].payload, lines[name]])).values()].filter(
    ({ payload }) => only === null || only.includes(payload),
  );
  const connection = { nettype: 'IN', ipver: origin.ip.includes(':') ? 6 : 4, address: origin.ip };
  return {
    v: 0,
    o: { username: '-', sessionid: origin.sessionId, sessionversion: origin.version, ...connection },
    s: '-',
    c: [connection],
    t: { start: 0, stop: 0 },
    m: [
      {
        media: 'audio',
        port: origin.port,
        proto: 'RTP/AVP',
        payloads: wanted.map(({ payload }) => payload),
        rtpmap: Object.fromEntries(
          wanted.map(({ payload, encoding }) => [`${payload}`, { encoding, clock: CLOCK_RATE_HZ }]),
        ),
        fmtp: Object.fromEntries(wanted.flatMap(({ payload, fmtp }) => (fmtp ? [[`${payload}`, fmtp]] : []))),
        direction: 'sendrecv',
      },
    ],
  };
}

/** The same description a version later, with another direction of its audio. */
export function withDirection(sdp: SdpSeen, direction: Direction): SdpSeen {
  const origin = sdp.o;
  const next = typeof origin === 'object' && origin !== null ? { o: nextVersion(origin) } : {};
  return { ...sdp, ...next, m: (sdp.m ?? []).map((line) => (line.media === 'audio' ? { ...line, direction } : line)) };
}

/** The same description a version later, with its audio at another address. */
export function withAddress(sdp: SdpSeen, { ip, port }: { readonly ip: string; readonly port: number }): SdpSeen {
  const connection = { nettype: 'IN', ipver: ip.includes(':') ? 6 : 4, address: ip };
  const moved = withDirection(sdp, 'sendrecv');
  return {
    ...moved,
    c: [connection],
    m: (moved.m ?? []).map((line) => (line.media === 'audio' ? { ...line, port } : line)),
  };
}

function nextVersion(origin: object): object {
  const version = Number((origin as Record<string, unknown>).sessionversion);
  return Number.isFinite(version) ? { ...origin, sessionversion: version + 1 } : origin;
}

/**
 * Payload types of ours that the peer has too, in our order. A dynamic number is the same only with the same encoding:
 * the RTP server knows codecs by their numbers. Null: the peer has said nothing yet (a late offer).
 */
export function commonPayloads(codecs: readonly CodecName[], them: SdpSeen): number[] | null {
  const audio = audioOf(them);
  if (audio === null) return null;
  const isCommon = ({ payload, encoding }: CodecLine): boolean =>
    audio.payloads.includes(payload) &&
    (payload < FIRST_DYNAMIC || audio.rtpmap?.[payload]?.encoding.toLowerCase() === encoding.toLowerCase());
  return [
    ...new Set(
      codecs
        .map((name) => lines[name])
        .filter(isCommon)
        .map(({ payload }) => payload),
    ),
  ];
}

/** Whether sound can be sent with them: telephone-event alone is none. */
export function hasAudio(payloads: readonly number[]): boolean {
  return payloads.some((payload) => payload !== EVENTS_PAYLOAD);
}

function audioOf(sdp: SdpSeen) {
  return sdp.m?.find(({ media }) => media === 'audio') ?? null;
}

/**
 * Where a peer wants its audio; null while it wants none. A `c` of the media counts before that of the session, and
 * contract 1.6 appends the former to the latter.
 */
export function audioTarget(sdp: SdpSeen): { readonly ip: string; readonly port: number } | null {
  const audio = audioOf(sdp);
  if (audio === null || audio.port === 0) return null;
  const all = sdp.c ?? [];
  const count = sdp.m?.length ?? 0;
  const index = (sdp.m ?? []).indexOf(audio);
  const own = Array.isArray(audio.c) ? audio.c[0] : audio.c;
  const listed = all.length > count ? all[index + all.length - count] : all.length === count ? all[index] : all[0];
  const address = (own ?? listed)?.address ?? '';
  return address === '' || address === '0.0.0.0' || address === '::' ? null : { ip: address, port: audio.port };
}
