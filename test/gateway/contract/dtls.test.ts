import { afterEach, describe, expect, test } from 'vitest';
import { createDtlsIdentity, type DtlsIdentity } from '../../../media/index.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { PhoneCall } from '../../support/phone.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { steadyLevelOf } from '../../support/voice.js';

let world: ContractWorld;

afterEach(() => world.finish());

const accept = { json: { strategy: 'Accept', room_id: 'r' } };
const tones = [440, 800, 1250];

function identity(seed = 1): DtlsIdentity {
  return createDtlsIdentity(createSeededRandom(seed), Date.UTC(2026, 0, 1));
}

async function heardBy(phone: WorldPhone): Promise<number[]> {
  phone.voices.at(-1)?.takeHeard();
  await world.clock.advance(500);
  const samples = phone.voices.at(-1)?.takeHeard() ?? new Int16Array(0);
  return tones.filter((hz) => steadyLevelOf(samples, hz) > -20);
}

/** RTP in the clear that the gateway sends to an address: G.711 of 20 ms has 172 bytes then. */
function clearTo(phone: WorldPhone): number[] {
  const { filter } = world.network;
  const lengths: number[] = [];
  world.network.filter = (datagram) => {
    const isRtp = datagram.to.address === phone.options.address && datagram.data[0] === 0x80;
    if (isRtp && datagram.data.length === 172) lengths.push(datagram.data.length);
    return filter?.(datagram) ?? true;
  };
  return lengths;
}

async function inviteServer(address: string): Promise<void> {
  const body = { room_id: 'r', dest_addr: address, from_number: '1', to_number: '2' };
  expect((await world.gateway.api('POST', '/sip/invite/server', body)).status).toBe(200);
  await world.clock.advance(300);
}

function answeredSrtp(): unknown[] {
  return world.gateway.log.filter(({ event }) => event === 'call.answered').map(({ fields }) => fields.srtp);
}

describe('RFC 5763 phones with DTLS', () => {
  test('which must, which may and which cannot, in one room: all hear each other, encrypted where it was agreed', async () => {
    world = await ContractWorld.start('call_events: true');
    world.hooks.on('invite', accept);
    const all = [
      await world.addPhone('1000', { toneHz: tones[0]!, srtp: 'required', identity: identity() }),
      await world.addPhone('1001', { toneHz: tones[1]!, srtp: 'optional', identity: identity(2) }),
      await world.addPhone('1002', { toneHz: tones[2]! }),
    ];
    const clear = clearTo(all[0]!);
    const calls: PhoneCall[] = [];
    for (const phone of all) calls.push(await world.dial(phone, '9000', 'answered'));
    await world.clock.advance(500);
    expect([await heardBy(all[0]!), await heardBy(all[1]!), await heardBy(all[2]!)]).toEqual([
      [800, 1250],
      [440, 1250],
      [440, 800],
    ]);
    await world.while(calls[0]!.reinvite('sendonly'));
    await world.while(calls[0]!.reinvite('sendrecv'));
    await world.clock.advance(500);
    expect(await heardBy(all[0]!)).toEqual([800, 1250]);
    expect(clear).toEqual([]);
    for (const call of calls) call.hangUp();
    await world.expectNothingLeft();
    expect(answeredSrtp()).toEqual(['DTLS', 'DTLS', null]);
    expect(world.gateway.log.filter(({ event }) => event === 'call.srtp-keys-readable')).toEqual([]);
  });

  test.each([
    ['srtp: required\nsrtp_offer: [DTLS]', 'm=audio 10000 UDP/TLS/RTP/SAVP '],
    ['srtp_offer: [DTLS]', 'm=audio 10000 RTP/AVP '],
  ])('%s: what we call is offered DTLS, and heard', async (settings, line) => {
    world = await ContractWorld.start(`call_events: true\n${settings}`);
    const options = { srtp: 'required', identity: identity(), onInvite: 'answer' } as const;
    const pbx = await world.addPhone('2', { address: '10.0.2.1', toneHz: 440, ...options });
    const other = await world.addPhone('3', { address: '10.0.2.2', toneHz: 800, ...options });
    await inviteServer('10.0.2.1');
    await inviteServer('10.0.2.2');
    const offer = world.sentTo(pbx, 'INVITE')[0]?.body.toString() ?? '';
    expect(offer).toContain(line);
    expect(offer).toMatch(/a=fingerprint:sha-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}\r\na=setup:actpass\r\n/);
    expect(offer.length).toBeLessThan(700);
    await world.clock.advance(1000);
    expect([await heardBy(pbx), await heardBy(other)]).toEqual([[800], [440]]);
    for (const phone of [pbx, other]) phone.calls.at(-1)?.hangUp();
    await world.expectNothingLeft();
    expect(answeredSrtp()).toEqual(['DTLS', 'DTLS']);
  });

  test('another certificate than the SDP speaks of ends the call with a Reason, and nothing was sent', async () => {
    world = await ContractWorld.start('call_events: true');
    world.hooks.on('invite', accept);
    const forged = identity();
    const said = identity(5);
    Object.defineProperty(forged, 'fingerprint', { value: said.fingerprint });
    const phone = await world.addPhone('1000', { toneHz: 440, srtp: 'required', identity: forged });
    const other = await world.addPhone('1001', { toneHz: 800 });
    const clear = clearTo(phone);
    await world.dial(other, '9000', 'answered');
    const call = await world.dial(phone, '9000', 'answered');
    await world.clock.advance(2000);
    expect(call.log.at(-1)).toMatch(/^ended/);
    const bye = world.sentTo(phone, 'BYE')[0];
    expect(bye?.headers.get('Reason')).toContain('certificate does not match a=fingerprint');
    expect(clear).toEqual([]);
    expect(world.gateway.log.find(({ event }) => event === 'call.ended')?.fields).toMatchObject({
      cause: 'media-insecure',
    });
    other.calls.at(-1)?.hangUp();
    await world.expectNothingLeft();
  });

  test('RFC 3261 §21.4.26 with srtp off it is refused, and the Warning says what is needed', async () => {
    world = await ContractWorld.start('srtp: "off"');
    world.hooks.on('invite', accept);
    const phone = await world.addPhone('1000', { srtp: 'required', identity: identity() });
    await world.dial(phone, '9000', 'ended rejected');
    expect(world.sentTo(phone, '488 INVITE')[0]?.headers.get('Warning')).toContain('RTP/AVP is needed');
    await world.expectNothingLeft();
  });
});
