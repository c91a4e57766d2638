import { afterEach, describe, expect, test } from 'vitest';
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

/** Phones in one room, each with a tone of its own. */
async function conference(config = '', count = 3): Promise<Talker[]> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
  world.hooks.on('invite', accept);
  const talkers: Talker[] = [];
  for (let index = 0; index < count; index += 1) {
    const phone = await world.addPhone(`100${index}`, { toneHz: tones[index] ?? 0 });
    talkers.push({ phone, call: await world.dial(phone, '9000', 'answered') });
  }
  await world.clock.advance(300);
  return talkers;
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

const voiceOf = ({ phone }: Talker): Voice => phone.voices.at(-1)!;

async function hangUpAll(talkers: readonly Talker[]): Promise<void> {
  for (const { call } of talkers) call.hangUp();
  await world.expectNothingLeft();
}

/** RTP packets that reach an address within a second. */
async function rtpTo(address: string): Promise<number> {
  const { filter } = world.network;
  let count = 0;
  world.network.filter = (datagram) => {
    if (datagram.to.address === address && datagram.to.port !== 5060 && datagram.data.length === 172) count += 1;
    return filter?.(datagram) ?? true;
  };
  await world.clock.advance(1000);
  world.network.filter = filter;
  return count;
}

describe('RFC 3264 §8.4 hold and resume', () => {
  const holds = [
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
  ] as const;

  test.each(holds)(
    '%s: the others go on and hear nothing of the holder; resume brings all back',
    async (direction, answered) => {
      const talkers = await conference();
      const [holder, ...others] = talkers as [Talker, Talker, Talker];
      const result = await world.while(holder.call.reinvite(direction));
      expect(result.ok && result.body.toString()).toMatch(new RegExp(`a=${answered}\r\n`));
      // A phone on hold has its microphone off.
      voiceOf(holder).toneHz = 0;
      expect(await heardBy(voiceOf(holder), ...others.map(voiceOf))).toEqual([[], [1250], [800]]);
      expect(await rtpTo(others[0].phone.options.address)).toBe(50);
      expect(await rtpTo(holder.phone.options.address)).toBe(0);
      voiceOf(holder).toneHz = tones[0]!;
      await world.while(holder.call.resume());
      expect(await heardBy(voiceOf(holder), ...others.map(voiceOf))).toEqual([
        [800, 1250],
        [440, 1250],
        [440, 800],
      ]);
      await hangUpAll(talkers);
    },
  );

  test('0.0.0.0: the same', async () => {
    const talkers = await conference();
    const [holder, ...others] = talkers as [Talker, Talker, Talker];
    const offer = holder.call
      .media!.offer('sendrecv')
      .toString()
      .replace(/c=IN IP4 [\d.]+/g, 'c=IN IP4 0.0.0.0');
    const result = await world.while(holder.call.session!.reinvite(Buffer.from(offer)));
    expect(result.ok).toBe(true);
    if (result.ok) holder.call.media?.use(result.body);
    voiceOf(holder).toneHz = 0;
    expect(await heardBy(...others.map(voiceOf))).toEqual([[1250], [800]]);
    expect(await rtpTo(holder.phone.options.address)).toBe(0);
    voiceOf(holder).toneHz = tones[0]!;
    await world.while(holder.call.resume());
    expect(await heardBy(voiceOf(holder), voiceOf(others[0]))).toEqual([
      [800, 1250],
      [440, 1250],
    ]);
    await hangUpAll(talkers);
  });

  test.each(['sendonly', 'inactive'] as const)(
    '%s: music that a phone plays on hold is not heard',
    async (direction) => {
      const talkers = await conference();
      const [holder, other] = talkers as [Talker, Talker, Talker];
      await world.while(holder.call.reinvite(direction));
      expect(await heardBy(voiceOf(other))).toEqual([[1250]]);
      await world.while(holder.call.resume());
      expect(await heardBy(voiceOf(other))).toEqual([[440, 1250]]);
      await hangUpAll(talkers);
    },
  );

  test('RFC 3311 §5.2 the same by UPDATE', async () => {
    const talkers = await conference('', 2);
    const [holder, other] = talkers as [Talker, Talker];
    const held = await world.while(holder.call.update('sendonly'));
    expect(held.ok && held.body.toString()).toMatch(/a=recvonly\r\n/);
    expect(await heardBy(voiceOf(holder), voiceOf(other))).toEqual([[], []]);
    expect((await world.while(holder.call.update('sendrecv'))).ok).toBe(true);
    expect(await heardBy(voiceOf(holder), voiceOf(other))).toEqual([[800], [440]]);
    await hangUpAll(talkers);
  });

  test('RFC 3264 §6.1 who is sendonly from the first offer on, an announcer, is heard', async () => {
    const [other] = (await conference('', 1)) as [Talker];
    const announcer = await world.addPhone('1001', { toneHz: tones[1]! });
    const call = await world.dial(announcer, '9000', 'answered', { direction: 'sendonly' });
    expect(await heardBy(voiceOf(other))).toEqual([[800]]);
    await hangUpAll([other, { phone: announcer, call }]);
  });

  test('the media watchdog respects hold, and starts anew at resume', async () => {
    const talkers = await conference('rtp_timeout_ms: 5000', 2);
    const [holder, other] = talkers as [Talker, Talker];
    await world.while(holder.call.reinvite('inactive'));
    await world.clock.advance(20_000);
    expect([holder.call.ended, other.call.ended]).toEqual([null, null]);
    await world.while(holder.call.resume());
    await world.clock.advance(10_000);
    expect([holder.call.ended, other.call.ended]).toEqual([null, null]);
    await hangUpAll(talkers);
  });
});

describe('contract §4.2 offers and answers', () => {
  test('late offer: ours in the 200, the answer in the ACK; sound both ways', async () => {
    const [first] = (await conference('', 1)) as [Talker];
    const phone = await world.addPhone('1001', { toneHz: tones[1]! });
    const call = await world.dial(phone, '9000', 'answered', { late: true });
    expect(world.sentTo(phone, '200 INVITE')[0]?.body.toString()).toMatch(
      /m=audio \d+ RTP\/AVP 111 9 8 0 97 101 96\r\n/,
    );
    expect(await heardBy(voiceOf(first), phone.voices[0]!)).toEqual([[800], [440]]);
    await hangUpAll([first, { phone, call }]);
  });

  test('a re-INVITE moves the sound to another address and codec', async () => {
    const talkers = await conference('', 2);
    const [mover, other] = talkers as [Talker, Talker];
    const { address } = mover.phone.options;
    const { clock, random } = world;
    const elsewhere = new Voice({
      clock,
      random,
      network: world.network.host(address),
      address,
      rtpPort: 30_000,
      toneHz: tones[2]!,
      codecs: ['pcma'],
    });
    await elsewhere.open();
    const before = voiceOf(mover).media?.send?.codec;
    const moved = await world.while(mover.call.session!.reinvite(elsewhere.offer()));
    expect(moved.ok).toBe(true);
    if (moved.ok) elsewhere.accept(moved.body);
    expect([before, elsewhere.media?.send?.codec]).toEqual(['pcmu', 'pcma']);
    expect(await heardBy(elsewhere, voiceOf(other), voiceOf(mover))).toEqual([[800], [1250], []]);
    const { json } = await world.gateway.api('GET', '/sip/calls');
    expect(json.data.map(({ codec }: { codec: string }) => codec)).toEqual(['pcma', 'pcmu']);
    for (const { call } of talkers) call.hangUp();
    await world.while(elsewhere.close());
    await world.expectNothingLeft();
  });

  test('a re-INVITE that cannot be: 488 with Warning, the call goes on as it was', async () => {
    const talkers = await conference('', 2);
    const [a, b] = talkers as [Talker, Talker];
    const offer = a.call.media!.offer('sendrecv').toString().replace('RTP/AVP', 'RTP/SAVP');
    expect(await world.while(a.call.session!.reinvite(Buffer.from(offer)))).toEqual({ ok: false, statusCode: 488 });
    expect(world.sentTo(a.phone, '488 INVITE')[0]?.headers.get('Warning')).toMatch(/^3\d\d /);
    expect(await heardBy(voiceOf(a), voiceOf(b))).toEqual([[800], [440]]);
    await hangUpAll(talkers);
  });
});

describe('contract §5.3 rtp_timeout_ms', () => {
  test('a phone that died in mid-call gets BYE after 5 s, and the other ends with it', async () => {
    const talkers = await conference('rtp_timeout_ms: 5000', 2);
    const [dead, other] = talkers as [Talker, Talker];
    const { filter } = world.network;
    // Sound and RTCP stop; its SIP still answers.
    world.network.filter = (datagram) =>
      datagram.from.address === dead.phone.options.address && datagram.from.port !== 5060
        ? false
        : (filter?.(datagram) ?? true);
    await world.clock.advance(4500);
    expect([dead.call.ended, other.call.ended]).toEqual([null, null]);
    await world.clock.advance(1000);
    expect([dead.call.ended?.cause, other.call.ended?.cause]).toEqual(['bye', 'bye']);
    await world.expectNothingLeft();
    expect(
      world.hooks
        .bodies('event')
        .filter(({ state }) => state === 'Ended')
        .map(({ reason }) => reason),
    ).toEqual([expect.stringMatching(/^No media for \d+ ms$/), 'others-left']);
  });

  test('a phone that is gone altogether: BYE unanswered, everything is given back after 32 s', async () => {
    const talkers = await conference('rtp_timeout_ms: 5000', 2);
    const [dead, other] = talkers as [Talker, Talker];
    const { filter } = world.network;
    const { address } = dead.phone.options;
    world.network.filter = (datagram) =>
      datagram.from.address === address || datagram.to.address === address ? false : (filter?.(datagram) ?? true);
    await world.clock.advance(6000);
    expect(other.call.ended?.cause).toBe('bye');
    expect(world.leftovers()).toMatchObject({ calls: 1 });
    await world.clock.advance(34_000);
    expect(world.leftovers()).toEqual({});
    world.network.filter = filter;
    dead.call.hangUp();
    await world.expectNothingLeft();
  });

  test('one who only listens, RTCP alone, is alive', async () => {
    const talkers = await conference('rtp_timeout_ms: 8000', 2);
    const [listener, other] = talkers as [Talker, Talker];
    const { filter } = world.network;
    const { address } = listener.phone.options;
    world.network.filter = (datagram) =>
      datagram.from.address === address && datagram.data.length === 172 ? false : (filter?.(datagram) ?? true);
    await world.clock.advance(30_000);
    expect([listener.call.ended, other.call.ended]).toEqual([null, null]);
    await hangUpAll(talkers);
  });
});

describe('design §4 media hosts', () => {
  test('one that crashes ends its own calls with BYE, once each; the next call works', async () => {
    const talkers = await conference('', 2);
    world.gateway.mediaHosts[0]?.kill('a fault in the test');
    await world.clock.advance(50);
    for (const { phone, call } of talkers) {
      expect(call.ended?.cause).toBe('bye');
      const byes = world.sentTo(phone, 'BYE').map(({ headers }) => headers.get('Reason'));
      expect(byes).toEqual(['Q.850;cause=41;text="Media host lost"']);
    }
    const ended = world.gateway.log.filter(({ event }) => event === 'call.ended').map(({ fields }) => fields.cause);
    expect(ended).toEqual(['media-host-lost', 'media-host-lost']);
    await world.clock.advance(1000);
    const again: Talker[] = [];
    for (const { phone } of talkers) again.push({ phone, call: await world.dial(phone, '9000', 'answered') });
    expect(await heardBy(...again.map(voiceOf))).toEqual([[800], [440]]);
    await hangUpAll(again);
    expect(world.gateway.mediaHosts).toHaveLength(2);
  });

  test('a caller whose INVITE comes while the only one is gone is answered as soon as it is back', async () => {
    const [first] = (await conference('', 1)) as [Talker];
    const phone = await world.addPhone('1001', { toneHz: tones[1]! });
    world.gateway.mediaHosts[0]?.kill('a fault in the test');
    await world.clock.advance(20);
    const startedMs = world.clock.nowMs();
    const call = await world.dial(phone, '9000', 'answered');
    expect(world.clock.nowMs() - startedMs).toBeLessThan(500);
    expect(first.call.ended?.cause).toBe('bye');
    await hangUpAll([{ phone, call }]);
  });

  test('members of one room in different hosts hear each other', async () => {
    world = await ContractWorld.start('call_events: true', {}, { mediaHosts: 2 });
    const talkers: Talker[] = [];
    for (const [index, room_id] of ['r', 'other', 'r'].entries()) {
      world.hooks.on('invite', { json: { strategy: 'Accept', room_id } });
      const phone = await world.addPhone(`100${index}`, { toneHz: tones[index]! });
      talkers.push({ phone, call: await world.dial(phone, '9000', 'answered') });
    }
    expect(await heardBy(...talkers.map(voiceOf))).toEqual([[1250], [], [440]]);
    await hangUpAll(talkers);
  });
});

describe('design §2 forking', () => {
  test('both phones of a user answer at once: one stays, the other gets ACK and BYE', async () => {
    world = await ContractWorld.start('call_events: true');
    const phones = [
      await world.addRegistered('1001', { onInvite: 'answer' }),
      await world.addRegistered('1001', { onInvite: 'answer' }),
    ];
    await world.clock.advance(20);
    await world.inviteClient('1001', 'r');
    await world.clock.advance(200);
    const logs = phones.map(({ call }) => call?.log.join(', ')).sort();
    expect(logs).toEqual(['confirmed', 'confirmed, ended bye']);
    for (const { call } of phones) call?.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Connected', 'Ended']]);
  });

  test('one is busy: the other goes on ringing; when that one declines too, the best failure ends the call', async () => {
    world = await ContractWorld.start('call_events: true');
    await world.addRegistered('1001', { onInvite: 480 });
    const second = await world.addRegistered('1001', { onInvite: 'ring' });
    await world.clock.advance(20);
    await world.inviteClient('1001', 'r');
    const ringing = await world.rung(second);
    await world.clock.advance(1000);
    expect(ringing.ended).toBeNull();
    ringing.hangUp(603);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Rejected 603']]);
  });
});

describe('two gateways', () => {
  test.each([1, 2, 3, 4, 5])('call each other with a twentieth of everything lost, seed %i', async (seed) => {
    world = await ContractWorld.start('call_events: true', { seed, jitterMs: 4 });
    const far = await world.addGateway({ address: '10.0.0.2', config: 'call_events: true' });
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const a = await world.addPhone('1001', { toneHz: tones[0]! });
    const b = await world.addPhone('1002', { toneHz: tones[1]!, server: { address: '10.0.0.2', port: 5060 } });
    world.network.lossRate = 0.05;
    const near = await world.dial(a, '9000', 'answered');
    const there = await world.dial(b, '9000', 'answered');
    const made = await world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r',
      dest_addr: '10.0.0.2:5060',
      from_number: '1001',
      to_number: '9000',
    });
    expect(made.status).toBe(200);
    await world.until(() => world.leftovers(far).calls === 2, 'the far gateway has both');
    await world.clock.advance(4000);
    expect(await heardBy(a.voices[0]!, b.voices[0]!)).toEqual([[800], [440]]);
    near.hangUp();
    await world.until(() => there.ended !== null, 'the end reaches the far phone');
    await world.expectNothingLeft();
    await world.clock.advance(40_000);
    expect(world.leftovers(far)).toEqual({});
    expect(world.stories('out')).toEqual([['Connecting', 'Connected', 'Ended']]);
    world.network.lossRate = 0;
  });
});
