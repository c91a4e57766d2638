import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IncomingSession } from '../../../sip/index.js';
import { ContractWorld } from '../../support/contract-world.js';
import { identityOf } from '../../support/dtls-pair.js';
import type { PhoneOptions } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { steadyLevelOf } from '../../support/voice.js';

/** Browsers that call by SIP through a proxy: to the gateway they come by UDP, as phones do. */

let world: ContractWorld;

beforeEach(async () => {
  world = await ContractWorld.start('call_events: true');
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
});

afterEach(() => world.finish());

let made = 0;

function browser(
  user: string,
  toneHz: number,
  options: Partial<PhoneOptions> & { readonly edit?: (sdp: string) => string } = {},
): Promise<WorldPhone> {
  made += 1;
  return world.addPhone(user, { toneHz, srtp: 'required', identity: identityOf(made), isBrowser: true, ...options });
}

async function hears(phone: WorldPhone, tones: readonly number[]): Promise<number[]> {
  await world.clock.advance(500);
  phone.voices.at(-1)?.takeHeard();
  await world.clock.advance(500);
  const heard = phone.voices.at(-1)?.takeHeard() ?? new Int16Array(0);
  return tones.filter((hz) => steadyLevelOf(heard, hz) > -20);
}

async function devices(): Promise<string[]> {
  const { json } = await world.gateway.fetch('GET', '/rooms/r/members');
  return (json.members as { device: string }[]).map(({ device }) => device).sort();
}

/** All of that phone but its signalling. */
function cut(phone: WorldPhone): void {
  const { filter } = world.network;
  world.network.filter = (datagram) => {
    const { from } = datagram;
    return !(from.address === phone.options.address && from.port !== 5060) && (filter?.(datagram) ?? true);
  };
}

/** What it was offered when it was called: the profile, and whether there is ICE. */
function offersTo(phone: WorldPhone): string[] {
  return phone.calls.flatMap(({ remote }) => remote).map(kindOf);
}

function kindOf(sdp: string): string {
  return `${/^m=audio \d+ (\S+)/m.exec(sdp)?.[1]}${sdp.includes('a=ice-ufrag') ? ' ICE' : ''}`;
}

const answered = (): number => world.gateway.log.filter(({ event }) => event === 'call.answered').length;

/** Registers it as a proxy passes it on: over UDP, with the Contact that a browser has (RFC 7118 §5). */
async function registerByProxy(phone: WorldPhone): Promise<void> {
  const { user, server } = phone.options;
  const { statusCode } = await world.while(
    phone.ua.request({
      method: 'REGISTER',
      uri: phone.addressOfRecord.uri,
      target: { kind: 'udp', ...server },
      from: phone.addressOfRecord,
      to: phone.addressOfRecord,
      headers: [
        ['Contact', `<sip:tq7b2@df7jal23ls0d.invalid;transport=ws;alias=10.0.9.9~5060~5>`],
        ['Expires', '180'],
      ],
      credentials: { username: user, password: user },
      callId: `by-proxy-${user}`,
      sequence: 2,
    }),
  );
  expect(statusCode).toBe(200);
}

describe('RFC 8829 a browser that calls in by UDP', () => {
  test('is heard, hears, and is shown as a browser; a phone with DTLS is not', async () => {
    const [page, phone] = [await browser('1000', 440), await world.addPhone('1001', { toneHz: 800 })];
    const secure = await world.addPhone('1002', { toneHz: 1250, srtp: 'required', identity: identityOf(99) });
    const calls = [];
    for (const each of [page, phone, secure]) calls.push(await world.dial(each, '9000', 'answered'));
    expect(await hears(page, [440, 800, 1250])).toEqual([800, 1250]);
    expect(await hears(phone, [440, 800, 1250])).toEqual([440, 1250]);
    expect(await devices()).toEqual(['browser', 'phone', 'phone']);
    for (const call of calls) call.hangUp();
    await world.expectNothingLeft();
  });

  test('RFC 7675 is gone when nothing comes of it any more; the others stay', async () => {
    const [page, phone] = [await browser('1000', 440), await world.addPhone('1001', { toneHz: 800 })];
    const other = await browser('1002', 1250);
    await world.dial(other, '9000', 'answered');
    const call = await world.dial(page, '9000', 'answered');
    await world.dial(phone, '9000', 'answered');
    await world.clock.advance(3000);
    expect(await devices()).toEqual(['browser', 'browser', 'phone']);
    cut(page);
    await world.clock.advance(8000);
    expect(call.ended).toBeNull();
    await world.clock.advance(2000);
    expect(call.log.at(-1)).toBe('ended bye');
    const ended = world.gateway.log.filter(({ event }) => event === 'call.ended').map(({ fields }) => fields.cause);
    expect(ended).toEqual(['media-timeout']);
    expect(await devices()).toEqual(['browser', 'phone']);
    for (const each of [other, phone]) each.call?.hangUp();
    await world.expectNothingLeft();
  });

  test.each([
    ['no BUNDLE group', /a=group:BUNDLE.*\r\n/],
    ['no feedback', /(?<=SAVP)F/],
  ])('RFC 8445 §11 a phone with ICE and %s may be silent', async (_, left) => {
    const phone = await browser('1000', 440, { edit: (sdp) => sdp.replace(left, '') });
    const call = await world.dial(phone, '9000', 'answered');
    await world.clock.advance(1000);
    expect(await devices()).toEqual(['phone']);
    cut(phone);
    await world.clock.advance(60_000);
    expect(call.ended).toBeNull();
    call.hangUp();
    await world.expectNothingLeft();
  });
});

describe('RFC 7118 §5 a browser that is called by UDP', () => {
  test('by its Contact, with what browsers take at the first time; its consent times out', async () => {
    const phone = await world.addPhone('1001', { toneHz: 800 });
    await world.dial(phone, '9000', 'answered');
    const page = await browser('1000', 440, { onInvite: 'answer' });
    await registerByProxy(page);
    expect((await world.inviteClient('1000', 'r')).status).toBe(200);
    await world.until(() => answered() === 2, 'it is answered');
    const [invite] = world.sentTo(page, 'INVITE') as unknown as { uri: unknown }[];
    expect(JSON.stringify(invite)).toContain('df7jal23ls0d.invalid');
    expect(offersTo(page)).toEqual(['UDP/TLS/RTP/SAVPF ICE']);
    expect(await hears(page, [440, 800])).toEqual([800]);
    expect(await hears(phone, [440, 800])).toEqual([440]);
    expect(await devices()).toEqual(['browser', 'phone']);
    cut(page);
    await world.clock.advance(11_500);
    expect(page.call?.log.at(-1)).toBe('ended bye');
    phone.call?.hangUp();
    await world.expectNothingLeft();
  });

  test('which nothing shows to be one: after its 488 to what phones are offered', async () => {
    const phone = await world.addPhone('1001', { toneHz: 800 });
    await world.dial(phone, '9000', 'answered');
    const page = await browser('1000', 440, { onInvite: 'answer', address: '10.0.2.1' });
    const body = { room_id: 'r', dest_addr: '10.0.2.1', from_number: '1', to_number: '2' };
    expect((await world.gateway.api('POST', '/sip/invite/server', body)).status).toBe(200);
    await world.until(() => answered() === 2, 'it is answered');
    expect(offersTo(page)).toEqual(['RTP/AVP', 'UDP/TLS/RTP/SAVPF ICE']);
    expect(await hears(page, [440, 800])).toEqual([800]);
    expect(await hears(phone, [440, 800])).toEqual([440]);
    expect(await devices()).toEqual(['browser', 'phone']);
    cut(page);
    await world.clock.advance(11_500);
    expect(page.call?.log.at(-1)).toBe('ended bye');
    phone.call?.hangUp();
    await world.expectNothingLeft();
  });

  test('a phone that takes nothing is asked once more, and no longer', async () => {
    const offers: string[] = [];
    const onInvite = ({ offer }: IncomingSession) => {
      offers.push(kindOf(String(offer)));
      return 488;
    };
    await world.addQuietPhone('1001', { address: '10.0.2.1', onInvite });
    const body = { room_id: 'r', dest_addr: '10.0.2.1', from_number: '1', to_number: '2' };
    expect((await world.gateway.api('POST', '/sip/invite/server', body)).status).toBe(200);
    await world.clock.advance(2000);
    expect(offers).toEqual(['RTP/AVP', 'UDP/TLS/RTP/SAVPF ICE']);
    await world.expectNothingLeft();
  });
});
