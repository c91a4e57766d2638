import { describe, expect, test } from 'vitest';
import { answerOffer, makeOffer } from '../../../media/sdp/offer-answer.js';
import { answered, fresh, local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const ours = { ...local, iceRandom: createSeededRandom(4) };
const credentials = ['a=ice-ufrag:them', `a=ice-pwd:${'p'.repeat(22)}`];
const transport = [...credentials, 'a=rtcp-mux'];

function named(sdp: string): string[] {
  return linesOf(sdp, 'a').filter((value) => /^(?:group|mid|msid)/.test(value));
}

describe('RFC 9143 an answer to an offer whose m-lines share one transport', () => {
  test('§7.3.3 refused lines leave the group, whatever their place, and keep their names', () => {
    const audio = ['m=audio 9 RTP/AVP 0', 'c=IN IP4 0.0.0.0', 'a=mid:1', ...transport];
    const video = ['m=video 9 RTP/AVP 96', 'c=IN IP4 0.0.0.0', 'a=mid:0', ...transport];
    const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:2'];
    const { sdp } = answered(sdpText(['a=group:BUNDLE 0 1 2', ...video, ...audio, ...data]), fresh(), ours);
    expect(named(sdp)).toEqual(['group:BUNDLE 1', 'mid:0', 'mid:1', 'msid:hookline audio', 'mid:2']);
    expect(linesOf(sdp, 'm').map((line) => line.split(' ').slice(0, 2))).toEqual([
      ['video', '0'],
      ['audio', '20000'],
      ['application', '0'],
    ]);
  });

  test('§7.1.3 audio that leaves its transport to the first line has that one', () => {
    const video = ['m=video 4002 RTP/AVP 96', 'a=mid:v', ...transport];
    const audio = ['m=audio 4002 RTP/AVP 0', 'a=mid:a'];
    const { sdp, media } = answered(sdpText(['a=group:BUNDLE v a', ...video, ...audio]), fresh(), ours);
    expect(media).toMatchObject({ rtcpMux: true, ice: { remoteUfrag: 'them' }, remote: { rtpPort: 4002 } });
    expect(named(sdp)).toContain('group:BUNDLE a');
  });

  test.each([[], ['a=bundle-only']])(
    '§7.3.3 audio of port 0 behind a line that is refused is refused %s',
    (...more) => {
      const audio = ['m=audio 0 RTP/AVP 0', 'a=mid:a', ...more];
      const text = sdpText(['a=group:BUNDLE v a', 'm=video 4002 RTP/AVP 96', 'a=mid:v', ...audio]);
      expect(answerOffer(fresh(), text, ours)).toMatchObject({ ok: false, fault: 'no-audio' });
    },
  );

  test('names without a group are repeated without one; who offers none is told none', () => {
    const alone = answered(sdpText(['m=audio 4000 RTP/AVP 0', 'a=mid:x', 'a=recvonly']));
    expect(named(alone.sdp)).toEqual(['mid:x', 'msid:hookline audio']);
    expect(named(answered(sdpText(['m=audio 4000 RTP/AVP 0', 'a=mid:x', 'a=sendonly'])).sdp)).toEqual(['mid:x']);
    expect(named(answered(sdpText(['m=audio 4000 RTP/AVP 0'])).sdp)).toEqual([]);
    const odd = sdpText(['a=group:BUNDLE', 'a=group:BUNDLE a b', 'm=audio 4000 RTP/AVP 0', 'a=mid:"']);
    expect(named(answered(odd).sdp)).toEqual([]);
  });

  test('our later offers in that session keep name and group', () => {
    const text = sdpText(['a=group:BUNDLE x', 'm=audio 4000 RTP/AVP 0', 'a=mid:x']);
    const { sdp } = makeOffer(answered(text).state, local);
    expect(named(sdp)).toEqual(['group:BUNDLE x', 'mid:x', 'msid:hookline audio']);
  });
});

describe('RFC 8839 §4.2 the default address of a peer that will check', () => {
  const offer = (c: string, port: number, ...more: string[]) =>
    sdpText([`m=audio ${port} RTP/AVP 0`, `c=IN ${c}`, ...transport, ...more]);

  test.each([
    ['none yet (RFC 8840 §4.1.1)', 'IP4 0.0.0.0', 9],
    ['none ever, with mDNS', 'IP4 0.0.0.0', 9],
    ['a name', 'IP4 6c1a7e05.local', 4000],
    ['one of another family than ours', 'IP6 2001:db8::1', 4000],
  ])('%s: neither a hold nor a fault', (_, c, port) => {
    const candidate = `a=candidate:1 1 udp 2113937151 6c1a7e05.local ${port} typ host`;
    const more = c.includes('local') || port === 9 ? [candidate] : [];
    const { media, sdp } = answered(offer(c, port, ...more), fresh(), ours);
    expect(media).toMatchObject({
      direction: 'sendrecv',
      held: false,
      remote: { address: '0.0.0.0', rtpPort: 9 },
      ice: { remoteUfrag: 'them' },
    });
    expect(linesOf(sdp, 'a')).toContain('sendrecv');
  });

  test('of a lite peer it is the address, and without ICE 0.0.0.0 is a hold as it was', () => {
    const lite = sdpText(['a=ice-lite', 'm=audio 9 RTP/AVP 0', 'c=IN IP4 0.0.0.0', ...transport]);
    expect(answered(lite, fresh(), ours).media).toMatchObject({ remote: null, held: true });
    expect(answered(offer('IP4 0.0.0.0', 9), fresh(), local).media).toMatchObject({ remote: null, held: true });
    expect(answerOffer(fresh(), offer('IP4 name.local', 4000), local)).toMatchObject({
      ok: false,
      fault: 'bad-address',
    });
  });
});
