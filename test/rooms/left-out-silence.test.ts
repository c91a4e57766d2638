import { expect, test } from 'vitest';
import { MediaStage, roomId } from '../support/media-stage.js';
import { levelOf } from '../support/voice.js';

/** Offers comfort noise beside its codecs. */
const withNoise = (sdp: string): string => sdp.replace(/(m=audio \d+ RTP\/AVP [\d ]+)/, '$1 13');

/** When the talker is heard first. */
function onsetMs(pcm: Int16Array): number {
  let from = 0;
  while (from < pcm.length && levelOf(pcm.subarray(from, from + 80), 440) < -30) from += 80;
  return from / 8;
}

test.each(['pcmu', 'g722', 'ilbc'] as const)(
  'RFC 3389 §5 listeners of a silent room are sent comfort noise; who speaks then is heard from his first beat on: %s',
  async (codec) => {
    const stage = new MediaStage();
    const talker = await stage.phone(440);
    const options = { codecs: [codec], edit: withNoise, comfortNoise: 'send' as const };
    const [listener, other] = [await stage.phone(0, options), await stage.phone(0, { codecs: [codec] })];
    for (const { leg } of [talker, listener, other]) leg.join(roomId('r'), { echo: false });
    // What a codec makes of a phone's silence is not silent.
    for (const { leg } of [listener, other]) leg.setMember({ isMuted: true });
    await stage.clock.advance(500);
    talker.leg.setMember({ isMuted: true });
    await stage.clock.advance(1000);
    const packets = stage.tap(listener);
    await stage.clock.advance(5000);
    expect(packets).toHaveLength(5);
    for (const { voice } of [listener, other]) voice.takeHeard();
    talker.leg.setMember({ isMuted: false });
    await stage.clock.advance(400);
    const heard = listener.voice.takeHeard();
    const whole = other.voice.takeHeard();
    expect(Math.abs(onsetMs(heard) - onsetMs(whole))).toBeLessThanOrEqual(20);
    expect(levelOf(heard.subarray(-800), 440)).toBeGreaterThan(-16);
    expect((await stage.close(listener.leg)).noiseSent).toBeGreaterThanOrEqual(5);
    expect((await stage.close(other.leg)).noiseSent).toBe(0);
  },
);
