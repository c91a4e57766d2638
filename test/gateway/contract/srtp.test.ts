import { afterEach, describe, expect, test } from 'vitest';
import type { SrtpPolicy } from '../../../media/index.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { steadyLevelOf } from '../../support/voice.js';

let world: ContractWorld;

afterEach(() => world.finish());

const accept = { json: { strategy: 'Accept', room_id: 'r' } };
const tones = [440, 800, 1250];

/** Phones of those policies, which answer what rings. */
async function phones(...policies: readonly SrtpPolicy[]): Promise<WorldPhone[]> {
  return Promise.all(policies.map((srtp, index) => world.addPhone(`100${index}`, { toneHz: tones[index] ?? 0, srtp })));
}

async function heardBy(phone: WorldPhone): Promise<number[]> {
  phone.voices.at(-1)?.takeHeard();
  await world.clock.advance(500);
  const samples = phone.voices.at(-1)?.takeHeard() ?? new Int16Array(0);
  return tones.filter((hz) => steadyLevelOf(samples, hz) > -20);
}

/** Length of the RTP that reaches an address within a second: G.711 of 20 ms has 172 bytes in the clear. */
async function rtpBytesTo(phone: WorldPhone): Promise<Set<number>> {
  const { filter } = world.network;
  const bytes = new Set<number>();
  world.network.filter = (datagram) => {
    const isRtp = datagram.to.address === phone.options.address && datagram.to.port % 2 === 0;
    if (isRtp && datagram.to.port !== 5060) bytes.add(datagram.data.length);
    return filter?.(datagram) ?? true;
  };
  await world.clock.advance(1000);
  world.network.filter = filter;
  return bytes;
}

async function inviteServer(address: string, more: Record<string, unknown> = {}): Promise<void> {
  const body = { room_id: 'r', dest_addr: address, from_number: '1', to_number: '2', ...more };
  expect((await world.gateway.api('POST', '/sip/invite/server', body)).status).toBe(200);
  await world.clock.advance(300);
}

function warningTo(phone: WorldPhone): string | undefined {
  return world.sentTo(phone, '488 INVITE')[0]?.headers.get('Warning');
}

/** The policy that an offer of ours shows. */
function offeredTo(phone: WorldPhone): SrtpPolicy {
  const body = world.sentTo(phone, 'INVITE').at(-1)?.body.toString() ?? '';
  if (body.includes('m=audio'))
    return body.includes('RTP/SAVP ')
      ? 'required'
      : body.includes('a=crypto:1 AES_CM_128_HMAC_SHA1_80 ')
        ? 'optional'
        : 'off';
  throw new Error(`no offer: ${body}`);
}

describe('RFC 4568 phones of every policy in one room', () => {
  test('by default who encrypts is encrypted, who does not is not, and all hear each other', async () => {
    world = await ContractWorld.start('call_events: true');
    world.hooks.on('invite', accept);
    const all = await phones('off', 'optional', 'required');
    const calls: PhoneCall[] = [];
    for (const phone of all) calls.push(await world.dial(phone, '9000', 'answered'));
    await world.clock.advance(500);
    expect(await Promise.all(all.map((phone) => rtpBytesTo(phone)))).toEqual([
      new Set([172]),
      new Set([182]),
      new Set([182]),
    ]);
    expect([await heardBy(all[0]!), await heardBy(all[1]!), await heardBy(all[2]!)]).toEqual([
      [800, 1250],
      [440, 1250],
      [440, 800],
    ]);
    for (const call of calls) call.hangUp();
    await world.expectNothingLeft();
    const answers = world.gateway.log.filter(({ event }) => event === 'call.answered');
    expect(answers.map(({ fields }) => fields.srtp)).toEqual([
      null,
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_80',
    ]);
  });

  test('RFC 4568 §8.3 over SIP without TLS it is said once that the keys can be read; no line of the log has one', async () => {
    world = await ContractWorld.start('call_events: true');
    world.hooks.on('invite', accept);
    const [anna, ben] = (await phones('required', 'required')) as [WorldPhone, WorldPhone];
    for (const phone of [anna, ben]) {
      const call = await world.dial(phone, '9000', 'answered');
      await world.while(call.reinvite('sendonly'));
      call.hangUp();
    }
    await world.expectNothingLeft();
    expect(world.gateway.log.filter(({ event }) => event === 'call.srtp-keys-readable')).toHaveLength(1);
    const keys = world.wire.flatMap(({ message }) => message.body.toString().match(/(?<=inline:)[\w+/=]+/g) ?? []);
    expect(new Set(keys).size).toBe(4);
    const told = JSON.stringify([world.gateway.log, world.hooks.calls.map(({ body }) => body)]);
    for (const key of keys) expect(told).not.toContain(key);
  });

  test('RFC 3264 §4 a late offer: the keys of the caller come in its ACK; without them its call ends', async () => {
    world = await ContractWorld.start('call_events: true\nsrtp: required');
    world.hooks.on('invite', accept);
    const [anna, ben] = (await phones('required', 'required')) as [WorldPhone, WorldPhone];
    const calls = [
      await world.dial(anna, '9000', 'answered', { late: true }),
      await world.dial(ben, '9000', 'answered'),
    ];
    await world.clock.advance(500);
    expect([await heardBy(anna), await heardBy(ben)]).toEqual([[800], [440]]);
    expect(await rtpBytesTo(anna)).toEqual(new Set([182]));
    for (const call of calls) call.hangUp();
    const plain = await world.addQuietPhone('1009', { address: '10.0.1.9' });
    await world.dial(plain, '9000', null, { late: true });
    await world.expectNothingLeft();
    expect(world.ladder(plain)).toContain('< BYE');
    const ended = world.gateway.log.filter(({ event }) => event === 'call.ended').at(-1);
    expect(ended?.fields).toMatchObject({ cause: 'media-rejected' });
  });

  test('RFC 4568 §7.1.4 hold, resume and a session refresh keep the keys, and the sound comes back', async () => {
    world = await ContractWorld.start('call_events: true');
    world.hooks.on('invite', accept);
    const all = await phones('required', 'required');
    const [anna, ben] = all as [WorldPhone, WorldPhone];
    const call = await world.dial(anna, '9000', 'answered');
    const other = await world.dial(ben, '9000', 'answered');
    await world.clock.advance(500);
    await world.while(call.reinvite('inactive'));
    await world.clock.advance(1000);
    await world.while(call.reinvite('sendrecv'));
    await world.clock.advance(500);
    expect([await heardBy(anna), await heardBy(ben)]).toEqual([[800], [440]]);
    const answers = world.sentTo(anna, '200 INVITE').map(({ body }) => body.toString().match(/inline:\S+/)?.[0]);
    expect(new Set(answers).size).toBe(1);
    for (const each of [call, other]) each.hangUp();
    await world.expectNothingLeft();
  });
});

describe('RFC 3261 §21.4.26 what the policy refuses is 488, and says why', () => {
  test('off: RTP/SAVP', async () => {
    world = await ContractWorld.start('call_events: true\nsrtp: "off"');
    const [anna] = (await phones('required')) as [WorldPhone];
    await world.dial(anna, '9000', 'ended rejected');
    expect(warningTo(anna)).toBe('302 10.0.0.1 "Incompatible transport protocol: RTP/AVP is needed"');
    expect(world.hooks.routes()).not.toContain('/hooks/invite');
    await world.expectNothingLeft();
  });

  test('required: RTP/AVP, in a re-INVITE too', async () => {
    world = await ContractWorld.start('call_events: true\nsrtp: required');
    world.hooks.on('invite', accept);
    const [plain, secure] = (await phones('off', 'required')) as [WorldPhone, WorldPhone];
    await world.dial(plain, '9000', 'ended rejected');
    expect(warningTo(plain)).toContain('no sound without SRTP: RTP/SAVP or UDP/TLS/RTP/SAVP is needed');
    const call = await world.dial(secure, '9000', 'answered');
    const offer = 'v=0\r\no=- 1 9 IN IP4 10.0.1.2\r\ns=-\r\nc=IN IP4 10.0.1.2\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n';
    expect(await world.while(call.session!.reinvite(Buffer.from(offer)))).toEqual({ ok: false, statusCode: 488 });
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('required: a phone that we call and that answers in the clear is hung up on', async () => {
    world = await ContractWorld.start('call_events: true\nsrtp: required');
    const clear = 'v=0\r\no=- 1 9 IN IP4 10.0.2.1\r\ns=-\r\nc=IN IP4 10.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n';
    const pbx = await world.addPhone('2', {
      address: '10.0.2.1',
      onInvite: 'answer',
      createMedia: async () => ({
        offer: () => Buffer.from(clear),
        answer: () => Buffer.from(clear),
        use: () => undefined,
        close: () => undefined,
      }),
    });
    await inviteServer('10.0.2.1');
    await world.expectNothingLeft();
    expect(offeredTo(pbx)).toBe('required');
    expect(world.stories('out')).toEqual([['Connecting', 'Failed 488']]);
    expect(world.ladder(pbx)).toContain('< BYE');
  });
});

describe('whose policy it is', () => {
  const servers = `
call_events: true
srtp: "off"
domains:
  - name: office.example
    auth: none
    allow: [10.0.1.0/24]
    rooms: { "9000": lobby }
    srtp: required
servers:
  - { alias: strict, cidrs: [10.0.3.1/32], srtp: required }
  - { alias: usual, cidrs: [10.0.3.2/32] }
`;

  test('a trunk’s, both ways; without one of its own the gateway’s', async () => {
    world = await ContractWorld.start(servers);
    world.hooks.on('invite', accept);
    const strict = await world.addPhone('2', { address: '10.0.3.1', srtp: 'required', onInvite: 'answer' });
    const usual = await world.addPhone('2', { address: '10.0.3.2', onInvite: 'answer' });
    await inviteServer('10.0.3.1', { server_alias: 'strict' });
    await inviteServer('10.0.3.2', { server_alias: 'usual' });
    expect([offeredTo(strict), offeredTo(usual)]).toEqual(['required', 'off']);
    for (const phone of [strict, usual]) {
      phone.calls.at(-1)?.hangUp();
      (await world.dial(phone, '9000', 'answered')).hangUp();
    }
    await world.expectNothingLeft();
    const suites = world.gateway.log.filter(({ event }) => event === 'call.answered').map(({ fields }) => fields.srtp);
    expect(suites).toEqual(['AES_CM_128_HMAC_SHA1_80', null, 'AES_CM_128_HMAC_SHA1_80', null]);
  });

  test('a domain’s: of who calls its users, and of its users who are called', async () => {
    world = await ContractWorld.start(servers);
    const options = { domain: 'office.example', srtp: 'required' } as const;
    const anna = await world.addPhone('anna', options);
    const ben = await world.addPhone('ben', { ...options, onInvite: 'answer' });
    for (const phone of [anna, ben]) expect((await world.register(phone)).statusCode).toBe(200);
    await world.dial(anna, 'ben');
    const call = await world.rung(ben);
    await world.clock.advance(500);
    expect(offeredTo(ben)).toBe('required');
    expect(call.log).toContain('confirmed');
    call.hangUp();
    const plain = await world.addPhone('carl', { domain: 'office.example' });
    await world.dial(plain, '9000', 'ended rejected');
    expect(warningTo(plain)).toContain('no sound without SRTP');
    await world.expectNothingLeft();
  });

  test('the suites of our offers are those of srtp_offer, in its order', async () => {
    world = await ContractWorld.start(
      'call_events: true\nsrtp_offer: [AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_80]',
    );
    const pbx = await world.addPhone('2', { address: '10.0.2.1', srtp: 'optional', onInvite: 'answer' });
    await inviteServer('10.0.2.1');
    const offer = world.sentTo(pbx, 'INVITE')[0]?.body.toString() ?? '';
    expect(offer.match(/a=crypto:\d \S+/g)).toEqual([
      'a=crypto:1 AEAD_AES_256_GCM',
      'a=crypto:2 AES_256_CM_HMAC_SHA1_80',
      'a=crypto:3 AES_CM_128_HMAC_SHA1_80',
    ]);
    // One line for each suite costs: beyond 1300 bytes an INVITE leaves over TCP.
    expect(offer.length).toBeLessThan(700);
    pbx.calls.at(-1)?.hangUp();
    await world.expectNothingLeft();
  });
});

describe('RFC 3261 §21.4.26 a phone refuses how our offer secures the sound', () => {
  const offering = 'call_events: true\nsrtp_offer: [AES_CM_128_HMAC_SHA1_80]';

  function protocolsOffered(phone: WorldPhone): string[] {
    const offers = world.sentTo(phone, 'INVITE').map(({ body }) => body.toString());
    return offers.map((sdp) => `${/RTP\/S?AVP/.exec(sdp)}${sdp.includes('a=crypto') ? ' crypto' : ''}`);
  }

  const taking =
    (pattern: RegExp, refusal = 488) =>
    ({ offer }: { readonly offer: Buffer | null }): 'answer' | number =>
      pattern.test(offer?.toString() ?? '') ? 'answer' : refusal;

  test('optional: who takes RTP/SAVP alone gets it, in the same call with the next CSeq, and both hear', async () => {
    world = await ContractWorld.start(offering);
    world.hooks.on('invite', accept);
    const strict = await world.addPhone('1000', {
      address: '10.0.2.1',
      toneHz: 440,
      srtp: 'required',
      onInvite: taking(/RTP\/SAVP/),
    });
    const [other] = (await phones('off')) as [WorldPhone];
    await inviteServer('10.0.2.1');
    const call = await world.dial(other, '9000', 'answered');
    await world.clock.advance(500);
    expect(protocolsOffered(strict)).toEqual(['RTP/AVP crypto', 'RTP/SAVP crypto']);
    const invites = world.sentTo(strict, 'INVITE');
    expect(new Set(invites.map(({ headers }) => headers.get('Call-ID'))).size).toBe(1);
    expect(new Set(invites.map(({ headers }) => headers.get('From'))).size).toBe(1);
    const [first, second] = invites.map(({ headers }) => Number.parseInt(headers.get('CSeq') ?? '', 10));
    expect(second).toBe((first ?? 0) + 1);
    expect(await rtpBytesTo(strict)).toEqual(new Set([182]));
    expect(await heardBy(other)).toEqual([440]);
    strict.calls.at(-1)?.hangUp();
    call.hangUp();
    await world.expectNothingLeft();
    expect(world.gateway.log.filter(({ event }) => event === 'call.offered-again')).toHaveLength(1);
  });

  test('optional: who stumbles over a=crypto is called in the clear at last; 415 is like 488', async () => {
    world = await ContractWorld.start(offering);
    const old = await world.addPhone('2', { address: '10.0.2.1', onInvite: taking(/^(?!.*a=crypto)/s, 415) });
    await inviteServer('10.0.2.1');
    expect(protocolsOffered(old)).toEqual(['RTP/AVP crypto', 'RTP/SAVP crypto', 'RTP/AVP']);
    expect(await rtpBytesTo(old)).toEqual(new Set([172]));
    old.calls.at(-1)?.hangUp();
    await world.expectNothingLeft();
  });

  test.each([
    ['optional', offering, 3],
    ['optional without srtp_offer', 'call_events: true', 1],
    ['required, never in the clear', `${offering}\nsrtp: required`, 1],
    ['off', `${offering}\nsrtp: "off"`, 1],
  ])('%s: who refuses all of it has refused the call', async (_name, settings, times) => {
    world = await ContractWorld.start(settings);
    const phone = await world.addPhone('2', { address: '10.0.2.1', onInvite: 488 });
    await inviteServer('10.0.2.1');
    expect(protocolsOffered(phone)).toHaveLength(times);
    expect(world.stories('out')).toEqual([['Connecting', 'Rejected 488']]);
    await world.expectNothingLeft();
  });

  test('another refusal is an answer: 486 is not asked twice', async () => {
    world = await ContractWorld.start(offering);
    const busy = await world.addPhone('2', { address: '10.0.2.1', onInvite: 486 });
    await inviteServer('10.0.2.1');
    expect(protocolsOffered(busy)).toHaveLength(1);
    await world.expectNothingLeft();
  });
});
