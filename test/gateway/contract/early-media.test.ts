import { afterEach, describe, expect, test } from 'vitest';
import type { IncomingSession, SessionHandlers } from '../../../sip/ua/types.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { steadyLevelOf, Voice } from '../../support/voice.js';

let world: ContractWorld;

afterEach(() => world.finish());

const accept = { json: { strategy: 'Accept', room_id: 'r' } };
const tones = [440, 800, 1250];

interface Talker {
  readonly phone: WorldPhone;
  readonly call: PhoneCall;
}

const voiceOf = ({ phone }: Talker): Voice => phone.voices.at(-1)!;

/** Who waits in the room, with the first tone. */
async function waiting(config: string): Promise<Talker> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
  world.hooks.on('invite', accept);
  const phone = await world.addPhone('1000', { toneHz: tones[0]! });
  const call = await world.dial(phone, '9000', 'answered');
  await world.clock.advance(300);
  return { phone, call };
}

/** Which of the tones a phone hears within half a second, after the change has come through. */
async function heardBy(...voices: Voice[]): Promise<number[][]> {
  await world.clock.advance(400);
  for (const voice of voices) voice.takeHeard();
  await world.clock.advance(500);
  return voices.map((voice) => {
    const samples = voice.takeHeard();
    return tones.filter((hz) => steadyLevelOf(samples, hz) > -20);
  });
}

describe('design §6 early media', () => {
  /** The phone plays its tone in a 183 and answers when told. */
  function playEarly(phone: WorldPhone, reliable = false): { answer(): void; update(offer: string): unknown } {
    let session: IncomingSession | null = null;
    let sdp: Buffer = Buffer.alloc(0);
    phone.ua.onInvite((incoming): SessionHandlers => {
      session = incoming;
      const { clock, random } = world;
      const { address } = phone.options;
      const network = world.network.host(address);
      const voice = new Voice({ clock, random, network, address, rtpPort: 26_000, toneHz: tones[1]! });
      phone.voices.push(voice);
      void voice.open().then(() => {
        sdp = voice.answer(incoming.offer!);
        incoming.progress(183, { body: sdp, contentType: 'application/sdp', reliable });
      });
      return { onEnded: () => void voice.close() };
    });
    return {
      answer: () => session?.accept({ body: sdp }),
      update: (direction) => session?.update(Buffer.from(sdp.toString().replace('a=sendrecv', `a=${direction}`))),
    };
  }

  test('RFC 3262 §5, RFC 3311 §5.2 a trunk that answers in a reliable 183 and changes it by UPDATE before its 200', async () => {
    const host = await waiting('early_audio: room');
    const callee = await world.addPhone('1002');
    const ringing = playEarly(callee, true);
    expect((await world.register(callee)).statusCode).toBe(200);
    await world.clock.advance(20);
    const made = await world.inviteClient('1002', 'r');
    await world.clock.advance(100);
    expect(await heardBy(voiceOf(host), callee.voices[0]!)).toEqual([[800], []]);
    const held = (await world.while(ringing.update('inactive') as Promise<unknown>)) as { ok: boolean; body: Buffer };
    expect([held.ok, held.body.toString()]).toEqual([true, expect.stringContaining('a=inactive')]);
    expect(await heardBy(voiceOf(host))).toEqual([[]]);
    expect(await world.while(ringing.update('sendrecv') as Promise<unknown>)).toMatchObject({ ok: true });
    // Nothing of the room goes out before the answer.
    expect(await heardBy(voiceOf(host), callee.voices[0]!)).toEqual([[800], []]);
    ringing.answer();
    expect(await heardBy(voiceOf(host), callee.voices[0]!)).toEqual([[800], [440]]);
    await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`);
    host.call.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });

  test.each([
    ['off', [], []],
    ['room', [800], []],
  ] as const)('early_audio %s', async (mode, early, back) => {
    const host = await waiting(`early_audio: "${mode}"`);
    const callee = await world.addPhone('1002');
    const ringing = playEarly(callee);
    expect((await world.register(callee)).statusCode).toBe(200);
    await world.clock.advance(20);
    const made = await world.inviteClient('1002', 'r');
    await world.clock.advance(100);
    expect(await heardBy(voiceOf(host), callee.voices[0]!)).toEqual([[...early], [...back]]);
    ringing.answer();
    expect(await heardBy(voiceOf(host), callee.voices[0]!)).toEqual([[800], [440]]);
    await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`);
    host.call.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });
});
