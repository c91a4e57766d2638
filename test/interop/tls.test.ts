import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnsweredInfo, sipUri, tlsTransport } from '../../sip/index.js';
import { TestAuthority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { RealAgent } from '../support/real-agent.js';
import type { Baresip } from './support/baresip.js';
import { converse, eachOther, type Talker, voices } from './support/conversation.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';
import { BARESIP_HZ, expectBothHeard, LINPHONE_HZ } from './support/two-phones.js';

let stage: Stage;
let authority: TestAuthority;
/** What the phones trust. */
let ca: string;

beforeEach(async () => {
  requirePeers('baresip', 'linphonec', 'espeak-ng', 'sox');
  stage = new Stage();
  authority = await TestAuthority.create();
  ca = trust('ca.pem', authority);
});

afterEach(() => stage.close());

function trust(name: string, whom: TestAuthority): string {
  const file = join(stage.directory, name);
  writeFileSync(file, whom.cert);
  return file;
}

const file = (name: string): string => join(stage.directory, name);

/** Linphone looks for an address among the names. */
async function certify(by: TestAuthority): Promise<void> {
  const { cert, key } = await by.issue({ commonName: '127.0.0.1', ip: ['127.0.0.1'], dns: ['127.0.0.1'] });
  writeFileSync(file('cert.pem'), cert);
  writeFileSync(file('key.pem'), key);
}

/** The built gateway with a certificate, and where phones find it. */
async function start(): Promise<{ readonly gateway: Gateway; readonly secure: { readonly address: string } }> {
  await certify(authority);
  const files = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem')];
  const gateway = await stage.gateway(...files, '--sips-listen', '127.0.0.1:0');
  return { gateway, secure: { address: gateway.sipsAddress } };
}

function phone(secure: { readonly address: string }, user: string, trusted = ca): Promise<Baresip> {
  return stage.baresip({ gateway: secure, user, transport: 'tls', ca: trusted });
}

async function transports(gateway: Gateway): Promise<readonly string[]> {
  const sessions = (await gateway.api('GET', '/sip/sessions')) as { username: string; transport: string }[];
  return sessions.map(({ username, transport }) => `${username} ${transport}`).sort();
}

test('RFC 3261 §26.2 baresip and linphone register over TLS and are bridged either way, both hear each other', async () => {
  const { gateway, secure } = await start();
  const sound = tone(stage.directory, LINPHONE_HZ, 100);
  const linphone = await stage.linphone({ gateway: secure, user: '2001', sound, ca });
  const baresip = await phone(secure, '1001');
  expect(await transports(gateway)).toEqual(['1001 tls', '2001 tls']);
  const answered = linphone.call('1001');
  await baresip.accept();
  await answered;
  await baresip.event('CALL_ESTABLISHED');
  await baresip.say(tone(stage.directory, BARESIP_HZ, 100));
  await Promise.all([linphone.hearMore(2500), baresip.hearMore(2500)]);
  await linphone.hangUp();
  await baresip.event('CALL_CLOSED');
  expectBothHeard({ linphone, baresip });
  await baresip.dial('2001');
  await linphone.answer();
  await baresip.event('CALL_ESTABLISHED', 2);
  await baresip.hangUp();
  expect(await gateway.outcome()).toEqual({ answered: 4, rejected: 0, canceled: 0, failed: 0, ended: 4 });
});

test('a certificate is renewed while phones talk: they go on, and who comes now meets the new one', async () => {
  const { gateway, secure } = await start();
  const phones = [await phone(secure, '1001'), await stage.baresip({ gateway, user: '1002' })];
  const [anna, ben] = (await voices(stage.directory, phones)) as [Talker, Talker];
  for (const { phone: each } of [anna, ben]) await each.call('9000');
  await gateway.connected(2);
  const other = await TestAuthority.create('Another Authority');
  await certify(other);
  await gateway.reload();
  const talk = converse([anna, ben], eachOther);
  const carla = await phone(secure, '1003', trust('other.pem', other));
  expect(await transports(gateway)).toEqual(['1001 tls', '1002 udp', '1003 tls']);
  expect(await talk).toEqual([]);
  await carla.call('9001');
  await gateway.connected(3);
  for (const each of [carla, anna.phone]) await each.hangUp();
  await ben.phone.event('CALL_CLOSED');
  expect(await gateway.outcome()).toEqual({ answered: 3, rejected: 0, canceled: 0, failed: 0, ended: 3 });
});

test('RFC 3261 §12.1.1 a SIPS URI: an agent of the library is answered from a SIPS Contact, and hung up on there', async () => {
  const { gateway, secure } = await start();
  const alice = await RealAgent.start('alice', { listens: [], transports: [tlsTransport({ ca: [authority.cert] })] });
  stage.onClose(() => alice.ua.close());
  const [host = '', port] = secure.address.split(':');
  const uri = sipUri({ scheme: 'sips', user: '9000', host, port: Number(port) });
  const contact = new Promise<string | undefined>((resolve) => {
    const handlers = { onAnswered: ({ response }: AnsweredInfo) => resolve(response.headers.get('Contact')) };
    alice.callUri(uri, {}, handlers);
  });
  expect(await contact).toBe(`<sips:9000@${secure.address}>`);
  const [leg] = await gateway.connected(1);
  await gateway.api('DELETE', `/sip/conn/${leg?.session_id}`);
  await eventually('over', () => alice.heard.includes('ended remote bye'));
  expect(await gateway.outcome()).toEqual({ answered: 1, rejected: 0, canceled: 0, failed: 0, ended: 1 });
});
