import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SrtpPolicy, srtpPolicies } from '../../../media/sdp/crypto-lines.js';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import { acceptAnswer, answerOffer, makeOffer } from '../../../media/sdp/offer-answer.js';
import { parseSdp } from '../../../media/sdp/parse.js';
import { type SrtpProfileName, srtpProfileNames, srtpProfiles } from '../../../media/srtp/profiles.js';
import { parseCrypto } from '../../../media/srtp/sdes.js';
import { fresh, local } from '../../support/offer-answer-bench.js';
import { sdpText } from '../../support/sdp-text.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const policy = fc.constantFrom<SrtpPolicy>(...srtpPolicies);
const suites = fc.shuffledSubarray<SrtpProfileName>([...srtpProfileNames], { minLength: 1 });

const side: fc.Arbitrary<LocalMedia> = fc.record({ policy, suites, seed: fc.nat() }).map(({ seed, ...srtp }) => ({
  ...local,
  srtp: { ...srtp, random: createSeededRandom(seed) },
}));

/** A line of a peer: good, with a tag that may come twice, or bad in one way. */
const cryptoLine: fc.Arbitrary<string> = fc
  .record({
    tag: fc.integer({ min: 1, max: 4 }),
    suite: fc.constantFrom<SrtpProfileName>(...srtpProfileNames),
    fill: fc.nat({ max: 255 }),
    spoil: fc.constantFrom('', '', '', 'suite', 'key', 'mki', 'parameter'),
  })
  .map(({ tag, suite, fill, spoil }) => {
    const { keyBytes, saltBytes } = srtpProfiles[suite];
    const key = Buffer.alloc(keyBytes + saltBytes - (spoil === 'key' ? 1 : 0), fill).toString('base64');
    const more = spoil === 'mki' ? '|1:4' : spoil === 'parameter' ? ' UNENCRYPTED_SRTP' : '';
    return `a=crypto:${tag} ${spoil === 'suite' ? 'F8_128' : suite} inline:${key}${more}`;
  });

const offers = fc
  .record({
    protocol: fc.constantFrom('RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'RTP/SAVPF'),
    lines: fc.array(cryptoLine, { maxLength: 5 }),
  })
  .map(({ protocol, lines }) => sdpText([`m=audio 4000 ${protocol} 0 8`, ...lines]));

function audioOf(sdp: string): { protocol: string; crypto: readonly string[] } {
  const read = parseSdp(sdp);
  if (!read.ok) throw new Error(read.fault);
  return read.value.media[0]!;
}

test('RFC 4568 §7.1.2 the answer has at most one line, with tag and suite of the offer and a key that is not in it', () => {
  fc.assert(
    fc.property(offers, side, (offer, ours) => {
      const result = answerOffer(fresh(), offer, ours);
      const offered = audioOf(offer);
      if (!result.ok) {
        const isSecure = offered.protocol.includes('SAVP');
        expect(isSecure || ours.srtp?.policy === 'required').toBe(true);
        return;
      }
      const { protocol, crypto } = audioOf(result.sdp);
      expect(protocol).toBe(offered.protocol);
      expect(crypto.length).toBeLessThanOrEqual(1);
      const [chosen] = crypto.map((value) => parseCrypto(value));
      expect(result.media.srtp === undefined).toBe(chosen === undefined);
      if (ours.srtp?.policy === 'required') expect(chosen?.ok).toBe(true);
      if (protocol.includes('SAVP')) expect(chosen?.ok).toBe(true);
      if (chosen?.ok !== true) return;
      const { tag, suite, key } = chosen.value;
      const theirs = offered.crypto.map((value) => parseCrypto(value)).flatMap((read) => (read.ok ? [read.value] : []));
      expect(theirs.map((line) => `${line.tag} ${line.suite}`)).toContain(`${tag} ${suite}`);
      expect(theirs.some((line) => line.key.equals(key))).toBe(false);
      expect(Buffer.from(result.media.srtp!.send!.keyAndSalt)).toEqual(Buffer.from(key.bytes()));
    }),
    { numRuns: 500 },
  );
});

test('RFC 4568 §5.1 two of us: what one sends with is what the other opens with, or both are in the clear', () => {
  fc.assert(
    fc.property(side, side, (a, b) => {
      const offer = makeOffer(fresh(), a);
      const answer = answerOffer(fresh(), offer.sdp, b);
      const policies = [a.srtp!.policy, b.srtp!.policy];
      if (!answer.ok) {
        expect(policies.includes('off') && policies.includes('required')).toBe(true);
        return;
      }
      const agreed = acceptAnswer(offer.state, answer.sdp);
      if (!agreed.ok) throw new Error(agreed.fault);
      expect(acceptAnswer(agreed.state, answer.sdp)).toMatchObject({ ok: false, fault: 'no-offer' });
      expect(agreed.media.srtp?.send).toEqual(answer.media.srtp?.receive);
      expect(agreed.media.srtp?.receive).toEqual(answer.media.srtp?.send);
      expect(agreed.media.srtp === undefined).toBe(policies.includes('off'));
      // A refresh from either end changes neither keys nor versions.
      const refresh = makeOffer(answer.state, b);
      const refreshed = answerOffer(agreed.state, refresh.sdp, a);
      if (!refreshed.ok) throw new Error(refreshed.fault);
      expect(refreshed.media.srtp).toEqual(agreed.media.srtp);
      expect(refresh.sdp).toBe(answer.sdp);
    }),
  );
});
