import { midUri } from '../rtp/forward-line.js';
import type { WrittenAudio } from './format.js';
import type { LegMedia, LegTrack } from './leg-media.js';
import type { MediaDescription, SessionDescription } from './parse.js';
import { writtenSource } from './source-lines.js';

/** An m-line beside our own on which one voice alone is sent (docs/adr/0026). */
export interface WrittenTrack extends LegTrack {
  readonly kind: 'track';
}

/**
 * Single tracks of one peer, at most: nobody tells more voices apart, and a packet is looked at for each of them. Who has
 * them has room for as many unsent packets (transport/send-buffers.ts).
 */
export const mostTracks = 8;

/** The number of the extension that tells the m-line of a packet (RFC 9143 §15, RFC 8285 §5); 0: there is none. */
export function readMidExtensionId(lines: readonly string[]): number {
  for (const line of lines) {
    const [, id, uri] = /^a=extmap:(\d{1,2})(?:\/\w+)? (\S+)/.exec(line) ?? [];
    if (uri === midUri && Number(id) >= 1 && Number(id) <= 14) return Number(id);
  }
  return 0;
}

/**
 * The m-lines on which an offer takes single voices: our own and, by their places, others of its BUNDLE group that can be
 * sent the same format. Of several, each has to tell its packets apart by its mid; without tracks the mix is sent.
 * @param at  of our own line; `ssrcOf` a track is the same for as long as the session lasts
 */
export function trackLines(
  offer: SessionDescription,
  at: number,
  { send }: Pick<LegMedia, 'send'>,
  { most, ssrcOf }: { readonly most: number; readonly ssrcOf: (mid: string) => number | undefined },
): { readonly tracks: readonly LegTrack[]; readonly others: ReadonlyMap<number, WrittenTrack> } {
  const others = new Map<number, WrittenTrack>();
  const own = offer.media[at]!;
  if (most < 1 || send === null || own.mid === null) return { tracks: [], others };
  const group = offer.bundles.find((mids) => mids.includes(own.mid!)) ?? [];
  const trackOf = (mid: string, midExtensionId: number): LegTrack => {
    const ssrc = ssrcOf(mid);
    return { mid, midExtensionId, ...(ssrc === undefined ? {} : { ssrc }) };
  };
  const first = trackOf(own.mid, own.midExtensionId);
  for (const [index, line] of offer.media.entries()) {
    if (others.size + 1 >= Math.min(most, mostTracks) || first.midExtensionId === 0) break;
    if (index === at || line.mid === null || !group.includes(line.mid) || !takes(line, send.payloadType)) continue;
    others.set(index, { kind: 'track', ...trackOf(line.mid, line.midExtensionId) });
  }
  const tracks = [first, ...[...others.values()].map(({ kind: _, ...track }) => track)];
  return { tracks, others };
}

function takes(line: MediaDescription, payloadType: number): boolean {
  const isThere = line.port !== 0 || line.isBundleOnly;
  const hears = line.direction === 'recvonly' || line.direction === 'sendrecv';
  return (
    isThere && hears && line.type === 'audio' && line.midExtensionId !== 0 && line.formats.includes(String(payloadType))
  );
}

/** The attribute by which our packets tell their m-line. */
export function writtenMidExtension(id: number): string[] {
  return id === 0 ? [] : [`extmap:${id}/sendonly ${midUri}`];
}

interface TrackSending {
  readonly payloadType: number;
  readonly transport: readonly string[];
  /** Of our RTCP; absent: sources are not told. */
  readonly cname: string | undefined;
}

/** Such a line of our answer: the transport is that of `own`, the sound one more track. */
export function writtenTrack(
  own: WrittenAudio,
  { mid, midExtensionId, ssrc }: WrittenTrack,
  { payloadType, transport, cname }: TrackSending,
): WrittenAudio {
  const msid = `hookline-${mid} audio-${mid}`;
  const source = ssrc === undefined || cname === undefined ? [] : writtenSource({ ssrc, cname }, msid);
  const name = [`mid:${mid}`, `msid:${msid}`];
  return {
    ...own,
    crypto: [],
    rtcpXr: null,
    direction: 'sendonly',
    formats: own.formats.filter((format) => format.payloadType === payloadType),
    attributes: [...name, ...transport, ...writtenMidExtension(midExtensionId), ...source],
  };
}
