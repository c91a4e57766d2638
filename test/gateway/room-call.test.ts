import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IncomingSession } from '../../sip/index.js';
import { VirtualWorld, type WorldGateway, type WorldPhone } from '../support/virtual-world.js';
import { levelOf } from '../support/voice.js';

let world: VirtualWorld;

beforeEach(() => {
  world = new VirtualWorld();
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

/** Registers and calls; answered when this returns. */
async function join(phone: WorldPhone, number: string): Promise<void> {
  expect((await world.while(phone.register())).statusCode).toBe(200);
  const call = await world.while(phone.dial(number));
  await world.clock.until(() => call.log.includes('answered'), 5000);
}

async function expectNothingLeft(gateway: WorldGateway): Promise<void> {
  await world.clock.advance(40_000);
  const leftovers = gateway.gateway.leftovers();
  expect(Object.entries(leftovers).filter(([, count]) => count !== 0)).toEqual([]);
}

describe('three phones in a room that a webhook chose', () => {
  test('each hears the other two and nothing of itself', async () => {
    const gateway = await world.addGateway();
    world.answerInvites({ strategy: 'Accept', room_id: 'r1' });
    const tones = [440, 800, 1250];
    const phones = await Promise.all(tones.map((toneHz, index) => world.addPhone(`100${index}`, { toneHz })));
    for (const phone of phones) await join(phone, '9000');
    await world.clock.advance(1000);
    for (const phone of phones) phone.voices[0]?.takeHeard();
    await world.clock.advance(1000);
    for (const [index, phone] of phones.entries()) {
      const heard = phone.voices[0]!.takeHeard();
      for (const [other, toneHz] of tones.entries()) {
        const level = levelOf(heard, toneHz);
        if (other === index) expect(level).toBeLessThan(-55);
        else expect(level).toBeGreaterThan(-16);
      }
    }
    expect(gateway.gateway.leftovers()).toMatchObject({ calls: 3, rooms: 1, mediaLegs: 3, portsInUse: 3 });
    for (const phone of phones) phone.call?.hangUp();
    await expectNothingLeft(gateway);
  });
});

describe('RFC 3261 §13.2.1 early media of a called phone', () => {
  test.each([
    ['off', false],
    ['room', true],
  ])('early_audio: %s', async (earlyAudio, isHeard) => {
    const gateway = await world.addGateway({ config: `early_audio: ${earlyAudio}` });
    world.answerInvites({ strategy: 'Accept', room_id: 'r1' });
    const caller = await world.addPhone('1001', { toneHz: 440 });
    await join(caller, '9000');
    const callee = await world.addPhone('1002', { toneHz: 800, onInvite: 'silent' });
    await world.while(callee.register());
    const sessions = (await gateway.api('GET', '/sip/sessions')).json.data as {
      username: string;
      session_id: string;
    }[];
    const dest = sessions.find(({ username }) => username === '1002')?.session_id;
    const body = { room_id: 'r1', dest_session_id: dest, from_number: '1001' };
    expect((await gateway.api('POST', '/sip/invite/client', body)).json.status).toBe(true);
    await world.clock.until(() => callee.call?.media != null, 2000);
    const ringing = callee.call!;
    const session = ringing.session as IncomingSession;
    session.progress(183, { body: ringing.media!.answer(session.offer!) });
    await world.clock.advance(1000);
    caller.voices[0]!.takeHeard();
    callee.voices[0]!.takeHeard();
    await world.clock.advance(1000);
    const level = levelOf(caller.voices[0]!.takeHeard(), 800);
    if (isHeard) expect(level).toBeGreaterThan(-16);
    else expect(level).toBeLessThan(-55);
    // Nothing of the room reaches a phone that nobody has answered.
    expect(levelOf(callee.voices[0]!.takeHeard(), 440)).toBeLessThan(-55);
    ringing.hangUp(486);
    caller.call?.hangUp();
    await expectNothingLeft(gateway);
  });
});

describe('contract 5.3 codec order of an answer', () => {
  test.each([
    ['', 'pcma'],
    ['servers: [{ alias: pbx, cidrs: [10.0.1.0/24], codecs: [pcmu, pcma] }]', 'pcmu'],
  ])('with "%s" an offer of pcma, pcmu is answered with %s first', async (config, codec) => {
    const gateway = await world.addGateway({ config });
    world.answerInvites({ strategy: 'Accept', room_id: 'r1' });
    const phone = await world.addPhone('1001', { codecs: ['pcma', 'pcmu'] });
    const call = await world.while(phone.dial('9000'));
    await world.clock.until(() => call.log.includes('answered'), 5000);
    expect(phone.voices[0]?.media?.send?.codec).toBe(codec);
    call.hangUp();
    await expectNothingLeft(gateway);
  });
});
