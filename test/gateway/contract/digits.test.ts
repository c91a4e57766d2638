import { afterEach, describe, expect, test } from 'vitest';
import { DtmfTones } from '../../../media/dtmf/tones.js';
import { infoOfDtmf } from '../../../sip/index.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { PhoneCall } from '../../support/phone.js';
import type { Voice } from '../../support/voice.js';

let world: ContractWorld;

afterEach(() => world.finish());

/** One phone in a room. */
async function calling(config = '', telephoneEvent = true): Promise<{ call: PhoneCall; voice: Voice }> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
  const phone = await world.addPhone('1000', { telephoneEvent });
  const call = await world.dial(phone, '9000', 'answered');
  await world.clock.advance(300);
  return { call, voice: phone.voices.at(-1)! };
}

describe('RFC 4733 §2.5 digits', () => {
  /** What the log and the event hook say of keys. */
  function keys(): { logged: unknown[]; told: unknown[] } {
    const logged = world.gateway.log.filter(({ event }) => event === 'call.dtmf').map(({ fields }) => fields);
    const events = world.hooks.bodies('event').filter(({ type }) => type === 'dtmf');
    return { logged, told: events.map(({ digit, duration_ms, source }) => [digit, duration_ms, source]) };
  }

  function tones(text: string): Int16Array {
    const made = new DtmfTones({ sampleRateHz: 8000 });
    made.send(text, 100);
    const pcm = new Int16Array(text.length * 160 * 8);
    made.write(pcm, 0, pcm.length);
    return pcm;
  }

  test('a key of a phone is told once, with the call, its length and source; the log is without the digit', async () => {
    const { call, voice } = await calling();
    voice.session.dtmf('57', 100);
    await world.clock.advance(1000);
    const callId = world.hooks.bodies('invite')[0]?.conn_id;
    const line = { callId, durationMs: 100, source: 'rfc4733' };
    expect(keys()).toEqual({
      logged: [line, line],
      told: [
        ['5', 100, 'rfc4733'],
        ['7', 100, 'rfc4733'],
      ],
    });
    const { ts, ...body } = world.hooks.bodies('event').find(({ type }) => type === 'dtmf')!;
    expect(body).toMatchObject({ direction: 'in', session_id: callId, room_id: 'r', peer_id: '1000' });
    expect(ts).toBeGreaterThan(0);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('RFC 6086 §2 a key by INFO is told, and once where the phone tells it by telephone-event too', async () => {
    const { call, voice } = await calling();
    const press = async (...info: Parameters<typeof infoOfDtmf>): Promise<number> =>
      (await world.while(call.session!.request('INFO', infoOfDtmf(...info)))).statusCode;
    expect(await press({ digit: '#', durationMs: 160 })).toBe(200);
    expect(await press({ digit: '9' }, 'application/dtmf')).toBe(200);
    expect(await press({ digit: '!' })).toBe(200);
    voice.session.dtmf('4', 100);
    expect(await press({ digit: '4', durationMs: 100 })).toBe(200);
    await world.clock.advance(1000);
    expect(keys().told).toEqual([
      ['#', 160, 'info'],
      ['9', null, 'info'],
      ['4', 100, 'info'],
    ]);
    const wrong = await world.while(
      call.session!.request('INFO', { body: Buffer.from('Signal=x'), contentType: 'application/dtmf-relay' }),
    );
    expect(wrong.statusCode).toBe(400);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test.each([
    ['on', false, ['1', '8']],
    ['on', true, []],
    ['off', false, []],
  ])('dtmf_inband: %s, with a phone that knows telephone-event (%s)', async (inband, telephoneEvent, expected) => {
    const { call, voice } = await calling(`dtmf_inband: '${inband}'`, telephoneEvent);
    voice.say(tones('18'));
    await world.clock.advance(1500);
    const { told } = keys();
    expect(told.map((one) => (one as string[])[0])).toEqual(expected);
    for (const one of told) expect(one).toMatchObject({ 2: 'inband' });
    call.hangUp();
    await world.expectNothingLeft();
  });
});
