import { describe, expect, test } from 'vitest';
import { createDtlsIdentity } from '../../../media/dtls/identity.js';
import { answerOffer, createOfferAnswer, type LocalMedia } from '../../../media/index.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const random = createSeededRandom(1);
const local: LocalMedia = {
  address: '192.0.2.1',
  rtpPort: 4000,
  rtcpPort: 4000,
  codecs: ['opus', 'pcma'],
  telephoneEvent: true,
  ptimeMs: 20,
  direction: 'sendrecv',
  srtp: { policy: 'required', suites: [], identity: createDtlsIdentity(random, 0), random },
  iceRandom: random,
  candidates: [{ address: '192.0.2.1', port: 4000 }],
};
const midLine = 'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid';

function section(
  mid: string,
  { port = 9, formats = '111 8', more = [midLine], direction = 'recvonly' } = {},
): string[] {
  return [
    `m=audio ${port} UDP/TLS/RTP/SAVPF ${formats}`,
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:abcd',
    `a=ice-pwd:${'p'.repeat(24)}`,
    `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
    'a=setup:actpass',
    `a=mid:${mid}`,
    'a=rtcp-mux',
    ...(formats.includes('111') ? ['a=rtpmap:111 opus/48000/2'] : []),
    ...more,
    `a=${direction}`,
  ];
}

function offer(sections: readonly string[][], group = '0 1 2'): string {
  return ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${group}`, ...sections.flat(), ''].join(
    '\r\n',
  );
}

function answered(sdp: string, tracks: number): { lines: string[]; group: string; mids: string[]; sdp: string } {
  const answer = answerOffer(createOfferAnswer({ sessionId: '1', username: '-' }), sdp, { ...local, tracks });
  if (!answer.ok) throw new Error(answer.fault);
  const lines = answer.sdp.split('\r\n');
  return {
    sdp: answer.sdp,
    lines: lines.filter((line) => line.startsWith('m=')),
    group: lines.find((line) => line.startsWith('a=group')) ?? '',
    mids: (answer.media.tracks ?? []).map(({ mid, midExtensionId }) => `${mid} ${midExtensionId}`),
  };
}

const three = [section('0', { direction: 'sendrecv' }), section('1'), section('2')];

describe('RFC 9143: m-lines for single voices', () => {
  test('as many as asked for, our own line the first; the rest is refused', () => {
    const { lines, group, mids } = answered(offer(three), 2);
    expect(mids).toEqual(['0 4', '1 4']);
    expect(group).toBe('a=group:BUNDLE 0 1');
    expect(lines).toEqual([
      'm=audio 4000 UDP/TLS/RTP/SAVPF 111 8',
      'm=audio 4000 UDP/TLS/RTP/SAVPF 111',
      'm=audio 0 UDP/TLS/RTP/SAVPF 111 8',
    ]);
  });

  test('each is a stream of its own, sendonly, on the transport of the first, and tells its mid', () => {
    const { sdp } = answered(offer(three), 3);
    const sections = sdp.split('m=audio').slice(1);
    expect(sections).toHaveLength(3);
    for (const [mid, text] of sections.entries()) {
      expect(text).toContain(`a=mid:${mid}\r\n`);
      expect(text).toContain('a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n');
      expect(text).toMatch(/a=ice-ufrag:.*\r\n/);
      expect(text).toMatch(/a=fingerprint:sha-256 .*\r\n/);
      expect(text).toContain(mid === 0 ? 'a=sendrecv' : 'a=sendonly');
    }
    expect(new Set(sdp.match(/a=msid:\S+/g)).size).toBe(3);
  });

  test('a line that is bundle-only has port 0 and is no refusal', () => {
    const sections = [
      section('0'),
      section('1', { port: 0, more: [midLine, 'a=bundle-only'] }),
      section('2', { port: 0 }),
    ];
    expect(answered(offer(sections), 3).mids).toEqual(['0 4', '1 4']);
  });

  test('lines of another transport, without the format, that only send or do not tell their mid have no track', () => {
    const sections = [
      section('0'),
      section('1', { formats: '8' }),
      section('2', { direction: 'sendonly' }),
      section('3', { more: [] }),
      section('4'),
    ];
    expect(answered(offer(sections, '0 1 2 3'), 8).mids).toEqual(['0 4']);
  });

  test('where nobody asks for tracks all is as without them; one line is enough for one', () => {
    const { mids, lines, sdp } = answered(offer(three), 0);
    expect(mids).toEqual([]);
    expect(sdp).not.toContain('sdes:mid');
    expect(lines.slice(1).every((line) => line.startsWith('m=audio 0 '))).toBe(true);
    expect(answered(offer([section('0', { more: [] })], '0'), 1).mids).toEqual(['0 0']);
  });

  test('a later offer finds the lines where they were, and the answer has the same version when nothing changed', () => {
    const first = answerOffer(createOfferAnswer({ sessionId: '1', username: '-' }), offer(three), {
      ...local,
      tracks: 3,
    });
    if (!first.ok) throw new Error(first.fault);
    const again = answerOffer(first.state, offer(three), { ...local, tracks: 3 });
    expect(again.ok && again.sdp).toBe(first.sdp);
  });
});
