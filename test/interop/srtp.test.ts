import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { toneHeardMs } from '../support/hearing.js';
import type { BaresipOptions } from './support/baresip.js';
import { converse, eachOther, type Talker, voices } from './support/conversation.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';
import { BARESIP_HZ, callEachOther, expectBothHeard, LINPHONE_HZ } from './support/two-phones.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip', 'linphonec', 'sipp', 'espeak-ng', 'sox');
});

afterEach(() => stage.close());

type Encryption = BaresipOptions['encryption'];

/** One baresip of each kind, with a voice of its own. */
async function talkers(gateway: Gateway, ...kinds: readonly Encryption[]): Promise<Talker[]> {
  const phones = await Promise.all(
    kinds.map((encryption, index) =>
      stage.baresip({ gateway, user: String(1001 + index), ...(encryption === undefined ? {} : { encryption }) }),
    ),
  );
  return voices(stage.directory, phones);
}

/** The suite of each leg that was answered, in that order; null in the clear. */
function suites(gateway: Gateway): unknown[] {
  return gateway.logged('call.answered').map(({ srtp }) => srtp);
}

/** Of RTCP that baresip sends in the clear on each leg: an APP packet before it has the keys, a BYE after they are gone. */
const CLEAR_RTCP = 2;

/** All the sound that came was genuine, on every leg. */
async function expectGenuine(gateway: Gateway, legs: number, replayed = 0): Promise<void> {
  const closed = await eventually(`${legs} media.closed`, () => {
    const all = gateway.logged('media.closed');
    return all.length >= legs && all;
  });
  for (const leg of closed) {
    expect(leg.srtpReplayed).toBeLessThanOrEqual(replayed);
    expect(leg.srtpAuthFailures).toBeLessThanOrEqual(CLEAR_RTCP);
    expect(leg.packetsReceived).toBeGreaterThan(50);
  }
}

describe('RFC 4568 baresip', () => {
  test('a phone that must, one that may and one that cannot encrypt, in one room: each hears the others', async () => {
    const gateway = await stage.gateway();
    const all = await talkers(gateway, 'srtp-mand', 'srtp', undefined);
    for (const { phone } of all) await phone.call('9000');
    expect(await converse(all, eachOther)).toEqual([]);
    for (const { phone } of all) await phone.hangUp().catch(() => undefined);
    await gateway.outcome();
    expect(suites(gateway)).toEqual([expect.stringMatching(/^A/), expect.stringMatching(/^A/), null]);
    await expectGenuine(gateway, 3);
  });

  test.each([
    ['srtp-mand', undefined],
    [undefined, 'srtp'],
    ['srtp-mandf', 'srtp'],
  ] as const)('%s calls %s through the bridge, both hear the other', async (from, to) => {
    const gateway = await stage.gateway();
    const [anna, ben] = (await talkers(gateway, from, to)) as [Talker, Talker];
    await anna.phone.dial('1002');
    await ben.phone.accept();
    await Promise.all([anna, ben].map(({ phone }) => phone.event('CALL_ESTABLISHED')));
    expect(await converse([anna, ben], eachOther)).toEqual([]);
    await ben.phone.hangUp();
    await anna.phone.event('CALL_CLOSED');
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    await expectGenuine(gateway, 2);
  });

  test('where SRTP is required a phone without it is refused, and what we call is offered nothing else', async () => {
    const gateway = await stage.gateway('--srtp', 'required');
    const [anna, ben, carla] = (await talkers(gateway, 'srtp', 'srtp-mand', undefined)) as [Talker, Talker, Talker];
    await anna.phone.dial('1002');
    await ben.phone.accept();
    await Promise.all([anna, ben].map(({ phone }) => phone.event('CALL_ESTABLISHED')));
    expect(await converse([anna, ben], eachOther)).toEqual([]);
    await carla.phone.dial('9000');
    await carla.phone.event('CALL_CLOSED');
    expect(carla.phone.events.find(({ type }) => type === 'CALL_CLOSED')?.param).toContain('488');
    await anna.phone.hangUp();
    await ben.phone.event('CALL_CLOSED');
    expect(suites(gateway)).toEqual([expect.stringMatching(/^A/), expect.stringMatching(/^A/)]);
  });
});

describe('RFC 4568 linphone', () => {
  test.each(['linphone', 'baresip'])('%s calls the other, SRTP on both legs', async (caller) => {
    const gateway = await stage.gateway('--srtp', 'required');
    const sound = tone(stage.directory, LINPHONE_HZ, 100);
    const linphone = await stage.linphone({ gateway, user: '2001', sound, encryption: 'mandatory' });
    const baresip = await stage.baresip({ gateway, user: '1001', encryption: 'srtp-mand' });
    await callEachOther({ linphone, baresip }, caller, stage.directory);
    await linphone.hangUp();
    await baresip.event('CALL_CLOSED');
    expectBothHeard({ linphone, baresip });
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    expect(suites(gateway)).toEqual([expect.stringMatching(/^A/), expect.stringMatching(/^A/)]);
    await expectGenuine(gateway, 2);
  });

  test('RFC 3264 §8.4 linphone holds a call under SRTP and resumes it: both hear each other again', async () => {
    const gateway = await stage.gateway('--srtp', 'required');
    const sound = tone(stage.directory, LINPHONE_HZ, 100);
    const linphone = await stage.linphone({ gateway, user: '2001', sound, encryption: 'mandatory' });
    const baresip = await stage.baresip({ gateway, user: '1001', encryption: 'srtp-mand' });
    await baresip.call('9000');
    await baresip.say(tone(stage.directory, BARESIP_HZ, 100));
    await linphone.call('9000');
    await gateway.connected(2);
    await linphone.hold();
    const heldAtMs = baresip.recordedMs();
    await baresip.hearMore(2500);
    await linphone.resume();
    const resumedAtMs = baresip.recordedMs();
    await Promise.all([linphone.hearMore(3000), baresip.hearMore(3000)]);
    await linphone.hangUp();
    await baresip.event('CALL_CLOSED');
    const between = (fromMs: number, toMs: number): number =>
      toneHeardMs(baresip.heard().subarray(fromMs * 8, toMs * 8), LINPHONE_HZ);
    expect(between(heldAtMs + 1000, resumedAtMs - 500)).toBe(0);
    expect(between(resumedAtMs, Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(1000);
    expect(toneHeardMs(linphone.heard(), BARESIP_HZ)).toBeGreaterThanOrEqual(1000);
    await gateway.outcome();
    // It begins its SRTCP index anew under the same keys, which is a replay of what it sent before.
    await expectGenuine(gateway, 2, 3);
  });
});

describe('RFC 3261 §21.4.26 sipp is refused where the policy says so', () => {
  const key = Buffer.alloc(30, 7).toString('base64');
  const crypto = `crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`;

  test.each([
    ['off', 'RTP/SAVP', crypto, 'RTP/AVP is needed'],
    ['required', 'RTP/AVP', 'sendrecv', 'RTP/SAVP is needed'],
    ['optional', 'RTP/SAVP', 'sendrecv', 'no-crypto'],
    ['optional', 'RTP/SAVP', `${crypto}|1:4`, 'mki'],
  ])('%s, offered %s with %s', async (policy, protocol, attribute, warning) => {
    const gateway = await stage.gateway('--srtp', policy);
    const sipp = await stage.sipp({
      gateway,
      scenario: 'srtp-refused',
      number: '9000',
      keys: { protocol, attribute, warning },
    });
    await sipp.finished();
    expect(await gateway.outcome()).toMatchObject({ answered: 0, rejected: 0 });
    await eventually('its line', () => gateway.logged('call.refused').length > 0);
    expect(gateway.logged('call.refused')).toHaveLength(1);
    expect(JSON.stringify(gateway.logged('call.refused'))).not.toContain(key);
  });
});

describe('RFC 3261 §21.4.26 who refuses how our offer is secured is asked another way', () => {
  const offering = ['--srtp-offer', 'AES_CM_128_HMAC_SHA1_80'];

  test('sipp answers 488 to a=crypto and 415 to RTP/SAVP, and is called in the clear', async () => {
    const gateway = await stage.gateway(...offering);
    const [anna] = (await talkers(gateway, undefined)) as [Talker];
    await anna.phone.call('9000');
    const sipp = await stage.sipp({ gateway, scenario: 'srtp-refuser' });
    await gateway.api('POST', '/sip/invite/server', {
      room_id: '9000',
      dest_addr: `127.0.0.1:${sipp.port}`,
      from_number: '100',
      to_number: '555',
    });
    await gateway.connected(2);
    await anna.phone.hangUp();
    await sipp.finished();
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    expect(suites(gateway)).toEqual([null, null]);
    expect(gateway.logged('call.offered-again')).toHaveLength(2);
  });

  test('linphone that must encrypt is called by a gateway that may: SRTP, and both hear the other', async () => {
    const gateway = await stage.gateway(...offering);
    const sound = tone(stage.directory, LINPHONE_HZ, 100);
    const linphone = await stage.linphone({ gateway, user: '2001', sound, encryption: 'mandatory' });
    const baresip = await stage.baresip({ gateway, user: '1001' });
    await baresip.dial('2001');
    await linphone.answer();
    await baresip.event('CALL_ESTABLISHED');
    await baresip.say(tone(stage.directory, BARESIP_HZ, 100));
    await Promise.all([linphone.hearMore(3000), baresip.hearMore(3000)]);
    await linphone.hangUp();
    await baresip.event('CALL_CLOSED');
    expect(toneHeardMs(linphone.heard(), BARESIP_HZ)).toBeGreaterThanOrEqual(1000);
    expect(toneHeardMs(baresip.heard(), LINPHONE_HZ)).toBeGreaterThanOrEqual(1000);
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    expect(suites(gateway).filter((suite) => suite !== null)).toEqual(['AES_CM_128_HMAC_SHA1_80']);
    expect(gateway.logged('call.offered-again')).toMatchObject([{ statusCode: 488 }]);
  });
});
