import { describe, expect, test } from 'vitest';
import { createDtlsIdentity } from '../../../media/dtls/identity.js';
import {
  acceptAnswer,
  answerOffer,
  createOfferAnswer,
  type Direction,
  type LocalMedia,
  makeOffer,
  type OfferAnswerState,
} from '../../../media/index.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const random = createSeededRandom(3);
const identity = createDtlsIdentity(random, 0);
const local: LocalMedia = {
  address: '192.0.2.1',
  rtpPort: 4000,
  rtcpPort: 4000,
  codecs: ['opus', 'pcma'],
  telephoneEvent: true,
  ptimeMs: 20,
  direction: 'sendrecv',
  srtp: { policy: 'optional', suites: [], identity, random },
  iceRandom: random,
  source: { ssrc: 4_000_000_001, cname: 'hookline-1' },
};
const midLine = 'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid';
const fresh = (): OfferAnswerState => createOfferAnswer({ sessionId: '1', username: '-' });

function offerOf(mids: readonly string[], direction: Direction = 'sendrecv'): string {
  const sections = mids.flatMap((mid) => [
    'm=audio 9 UDP/TLS/RTP/SAVPF 8',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:abcd',
    `a=ice-pwd:${'p'.repeat(24)}`,
    `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
    'a=setup:actpass',
    `a=mid:${mid}`,
    'a=rtcp-mux',
    midLine,
    `a=${direction}`,
  ]);
  const session = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${mids.join(' ')}`];
  return [...session, ...sections, ''].join('\r\n');
}

function answered(state: OfferAnswerState, sdp: string, changes: Partial<LocalMedia> = {}) {
  const answer = answerOffer(state, sdp, { ...local, ...changes });
  if (!answer.ok) throw new Error(answer.fault);
  return answer;
}

/** `a=ssrc` of each m-line. */
function sourcesIn(sdp: string): string[][] {
  const sections = sdp.split(/^m=/m).slice(1);
  return sections.map((section) => section.split('\r\n').filter((line) => line.startsWith('a=ssrc:')));
}

const own = ['a=ssrc:4000000001 cname:hookline-1', 'a=ssrc:4000000001 msid:hookline audio'];

describe('RFC 5576 §4.1 our source', () => {
  test('is told to a browser that offers, and the same while it holds us and after', () => {
    const first = answered(fresh(), offerOf(['0']));
    expect(sourcesIn(first.sdp)).toEqual([own]);
    expect(first.sdp).toContain('a=msid:hookline audio\r\n');
    const held = answered(first.state, offerOf(['0'], 'sendonly'));
    expect(sourcesIn(held.sdp)).toEqual([own]);
    const back = answered(held.state, offerOf(['0']));
    expect(sourcesIn(back.sdp)).toEqual([own]);
    expect(answered(back.state, offerOf(['0'])).sdp).toBe(back.sdp);
  });

  test('is told in an offer to a browser, and in the next one', () => {
    const offered = makeOffer(fresh(), { ...local, toBrowser: true });
    expect(sourcesIn(offered.sdp)).toEqual([own]);
    const { sdp } = answered(fresh(), offered.sdp, { source: { ssrc: 7, cname: 'them' } });
    const accepted = acceptAnswer(offered.state, sdp);
    if (!accepted.ok) throw new Error(accepted.fault);
    expect(sourcesIn(makeOffer(accepted.state, local).sdp)).toEqual([own]);
  });

  test('is not told to phones, nor by a leg that is not there yet', () => {
    const phone = 'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5 RTP/AVP 8\r\n';
    expect(sourcesIn(answered(fresh(), phone).sdp)).toEqual([[]]);
    expect(sourcesIn(makeOffer(fresh(), local).sdp)).toEqual([[]]);
    const { source: _, ...nobody } = local;
    const answer = answerOffer(fresh(), offerOf(['0']), nobody);
    expect(answer.ok && sourcesIn(answer.sdp)).toEqual([[]]);
  });

  test('of each single track is its own, which the leg sends it under, for as long as the session lasts', () => {
    const tracks = (sdp: string, state = fresh()) => answered(state, sdp, { tracks: 8 });
    const first = tracks(offerOf(['0', '1', '2']));
    const ssrcs = first.media.tracks!.map(({ ssrc }) => ssrc!);
    expect(new Set([...ssrcs, 4_000_000_001]).size).toBe(4);
    expect(sourcesIn(first.sdp)).toEqual([
      [`a=ssrc:${ssrcs[0]} cname:hookline-1`, `a=ssrc:${ssrcs[0]} msid:hookline audio`],
      [`a=ssrc:${ssrcs[1]} cname:hookline-1`, `a=ssrc:${ssrcs[1]} msid:hookline-1 audio-1`],
      [`a=ssrc:${ssrcs[2]} cname:hookline-1`, `a=ssrc:${ssrcs[2]} msid:hookline-2 audio-2`],
    ]);
    const more = tracks(offerOf(['0', '1', '2', '3']), first.state);
    expect(more.media.tracks!.slice(0, 3)).toEqual(first.media.tracks);
    expect(sourcesIn(more.sdp).slice(0, 3)).toEqual(sourcesIn(first.sdp));
  });
});
