import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { BaresipOptions } from './support/baresip.js';
import { converse, eachOther, type Talker, voices } from './support/conversation.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';
import { callEachOther, expectBothHeard, LINPHONE_HZ } from './support/two-phones.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip', 'linphonec', 'espeak-ng', 'sox');
});

afterEach(() => stage.close());

type Kind = Pick<BaresipOptions, 'encryption' | 'ice' | 'rtcpMux'>;
const dtls: Kind = { encryption: 'dtls_srtp', rtcpMux: true };

async function talkers(gateway: Gateway, ...kinds: readonly Kind[]): Promise<Talker[]> {
  const phones = await Promise.all(
    kinds.map((kind, index) => stage.baresip({ gateway, user: String(1001 + index), ...kind })),
  );
  return voices(stage.directory, phones);
}

/** Has its keys. What it is told to say before that is forgotten with the sound that it starts with. */
function secured({ phone }: Talker): Promise<unknown> {
  return phone.event('CALL_MENC');
}

function answeredSrtp(gateway: Gateway): unknown[] {
  return gateway.logged('call.answered').map(({ srtp }) => srtp);
}

/** RTCP that baresip sends in the clear, before it has keys and after it has given them up. */
const CLEAR_RTCP = 2;

/** All the sound that came was genuine, on every leg. */
async function expectGenuine(gateway: Gateway, legs: number): Promise<void> {
  const closed = await eventually(`${legs} media.closed`, () => {
    const all = gateway.logged('media.closed');
    return all.length >= legs && all;
  });
  for (const leg of closed) {
    expect(leg.srtpReplayed).toBe(0);
    expect(leg.srtpAuthFailures).toBeLessThanOrEqual(CLEAR_RTCP);
    expect(leg.packetsReceived).toBeGreaterThan(50);
  }
}

describe('RFC 5763 baresip', () => {
  test('with DTLS, with DTLS and ICE, and with a key in its SDP, in one room: each hears the others', async () => {
    const gateway = await stage.gateway();
    const all = await talkers(gateway, dtls, { ...dtls, ice: true }, { encryption: 'srtp-mand' });
    for (const { phone } of all) await phone.call('9000');
    await Promise.all(all.slice(0, 2).map(secured));
    expect(await converse(all, eachOther)).toEqual([]);
    for (const { phone } of all) await phone.hangUp().catch(() => undefined);
    await gateway.outcome();
    expect(answeredSrtp(gateway)).toEqual(['DTLS', 'DTLS', expect.stringMatching(/^A/)]);
    await expectGenuine(gateway, 3);
  });

  test('is called: where SRTP is required and DTLS offered both legs have it, and both hear each other', async () => {
    const gateway = await stage.gateway('--srtp', 'required', '--srtp-offer', 'DTLS');
    const [anna, ben] = (await talkers(gateway, dtls, dtls)) as [Talker, Talker];
    await anna.phone.dial('1002');
    await ben.phone.accept();
    await Promise.all([anna, ben].map(secured));
    expect(await converse([anna, ben], eachOther)).toEqual([]);
    await ben.phone.hangUp();
    await anna.phone.event('CALL_CLOSED');
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    expect(answeredSrtp(gateway)).toEqual(['DTLS', 'DTLS']);
    await expectGenuine(gateway, 2);
  });

  test('without rtcp-mux, of which only the sound has keys: both hear each other', async () => {
    const gateway = await stage.gateway();
    const [anna, ben] = (await talkers(gateway, { encryption: 'dtls_srtp' }, {})) as [Talker, Talker];
    for (const { phone } of [anna, ben]) await phone.call('9000');
    await secured(anna);
    expect(await converse([anna, ben], eachOther)).toEqual([]);
    await anna.phone.hangUp();
    await gateway.outcome();
    expect(answeredSrtp(gateway)).toEqual(['DTLS', null]);
  });
});

describe('RFC 5763 linphone', () => {
  test.each(['linphone', 'baresip'])('%s calls the other, DTLS on both legs', async (caller) => {
    const gateway = await stage.gateway('--srtp', 'required', '--srtp-offer', 'DTLS');
    const sound = tone(stage.directory, LINPHONE_HZ, 100);
    const linphone = await stage.linphone({ gateway, user: '2001', sound, encryption: 'dtls' });
    const baresip = await stage.baresip({ gateway, user: '1001', ...dtls });
    await callEachOther({ linphone, baresip }, caller, stage.directory, { keys: 'by a handshake' });
    await linphone.hangUp();
    await baresip.event('CALL_CLOSED');
    expectBothHeard({ linphone, baresip });
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    expect(answeredSrtp(gateway)).toEqual(['DTLS', 'DTLS']);
  });
});
