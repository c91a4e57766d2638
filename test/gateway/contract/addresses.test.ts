import { afterEach, describe, expect, test } from 'vitest';
import { serializeUri } from '../../../sip/uri.js';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { steadyLevelOf } from '../../support/voice.js';

let world: ContractWorld;
const endpoints: SipEndpoint[] = [];

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
  await world.finish();
});

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
}

async function endpointAt(address: string): Promise<SipEndpoint> {
  const endpoint = await SipEndpoint.open(world.network.host(address), address);
  endpoints.push(endpoint);
  return endpoint;
}

/** Both phones hear the other's tone. */
async function expectConversation(a: WorldPhone, b: WorldPhone): Promise<void> {
  await world.clock.advance(500);
  for (const phone of [a, b]) phone.voices.at(-1)?.takeHeard();
  await world.clock.advance(1000);
  expect(steadyLevelOf(a.voices.at(-1)!.takeHeard(), 1250)).toBeGreaterThan(-20);
  expect(steadyLevelOf(b.voices.at(-1)!.takeHeard(), 440)).toBeGreaterThan(-20);
}

describe('design §3 addresses', () => {
  test('two phones over IPv6', async () => {
    await start();
    const gateway = await world.addGateway({ address: 'fd00::1', config: 'call_events: true' });
    const server = { address: 'fd00::1', port: 5060 };
    const a = await world.addPhone('1001', { address: 'fd00::11', toneHz: 440, server });
    const b = await world.addPhone('1002', { address: 'fd00::12', toneHz: 1250, server });
    expect((await world.register(a)).statusCode).toBe(200);
    const calls = [await world.dial(a, '9000', 'answered'), await world.dial(b, '9000', 'answered')];
    expect(calls[0]?.remote[0]).toMatch(/c=IN IP6 fd00::1\r\n/);
    const { json } = await gateway.api('GET', '/sip/sessions');
    expect(json.data[0].source).toBe('[fd00::11]:5060');
    await expectConversation(a, b);
    calls[0]?.hangUp();
    await world.clock.advance(40_000);
    expect(calls[1]?.ended?.cause).toBe('bye');
    expect(world.leftovers(gateway)).toEqual({});
  });

  test('phones over TCP: everything of a dialog stays on their connection', async () => {
    await start();
    world.bridge();
    const a = await world.addPhone('1001', { transport: 'tcp', toneHz: 440 });
    const b = await world.addPhone('1002', { transport: 'tcp', toneHz: 1250 });
    for (const phone of [a, b]) expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(20);
    const call = await world.dial(a, '1002', '180');
    const ringing = await world.rung(b);
    ringing.answer();
    await expectConversation(a, b);
    expect(world.hooks.bodies('invite')[0]).toMatchObject({ username: '1001' });
    expect(world.wire).toEqual([]);
    call.hangUp();
    await world.clock.advance(50);
    expect(ringing.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('a TCP phone whose connection breaks in mid-call: the others end it, and nothing is left', async () => {
    await start();
    const a = await world.addRegistered('1001', { transport: 'tcp' });
    const b = await world.addRegistered('1002');
    const calls = [await world.dial(a, '9000', 'answered'), await world.dial(b, '9000', 'answered')];
    await world.while(a.close());
    await world.clock.advance(1000);
    calls[1]?.hangUp();
    await world.clock.advance(2000);
    await world.expectNothingLeft();
    for (const story of world.stories('in')) expect(story).toEqual(['Connecting', 'Connected', 'Ended']);
  });

  test('public_ip is told to peers outside local_net, the local address to those inside', async () => {
    await start('public_ip: 198.51.100.9');
    for (const [address, shown] of [
      ['203.0.113.5', '198.51.100.9'],
      ['10.0.5.1', '10.0.0.1'],
    ] as const) {
      const peer = await endpointAt(address);
      const body = silentMedia(address).offer('sendrecv');
      const request = peer.send({ method: 'INVITE', user: '9000', from: '77', body });
      await world.clock.advance(100);
      const ok = peer.answersTo(request).at(-1);
      expect(ok?.statusCode).toBe(200);
      expect(ok?.headers.get('Contact')).toContain(`@${shown}`);
      expect(ok?.body.toString()).toContain(`c=IN IP4 ${shown}\r\n`);
      await world.gateway.api('POST', '/sip/invite/server', {
        room_id: address,
        dest_addr: address,
        from_number: '1',
        to_number: '2',
      });
      await world.clock.advance(20);
      const [invite] = peer.requests('INVITE');
      expect(invite?.via[0]?.host).toBe(shown);
      expect(invite?.from.uri).toMatchObject({ user: '1', host: shown });
      expect(invite?.headers.get('Contact')).toContain(shown);
      expect(invite?.body.toString()).toContain(`c=IN IP4 ${shown}\r\n`);
    }
    await world.clock.advance(120_000);
    expect(world.leftovers()).toEqual({});
  });

  test('design §6 a phone behind NAT gets the BYE where it really is, with its Contact as Request-URI', async () => {
    await start();
    const peer = await endpointAt('10.0.5.1');
    const body = silentMedia('10.0.5.1').offer('sendrecv');
    const request = peer.send({
      method: 'INVITE',
      user: '9000',
      from: '77',
      body,
      headers: [['Contact', '<sip:77@192.168.44.5:5099;x=1>']],
    });
    await world.clock.advance(50);
    const ok = peer.answersTo(request).at(-1)!;
    peer.send({
      method: 'ACK',
      user: '9000',
      from: '77',
      callId: request.callId,
      sequence: request.cseq.sequence,
      fromTag: request.from.params.get('tag') ?? '',
      toTag: ok.to.params.get('tag') ?? '',
    });
    await world.clock.advance(50);
    await world.gateway.api('DELETE', `/sip/conn/${world.hooks.bodies('invite')[0]?.conn_id}`);
    await world.clock.advance(50);
    const [bye] = peer.requests('BYE');
    expect(bye?.uri).toMatchObject({ user: '77', host: '192.168.44.5', port: 5099 });
    peer.respond(bye!, 200);
    await world.expectNothingLeft();
  });
});

describe('contract §3.1 §4.3 numbers and contacts', () => {
  test('numbers with characters that a URI cannot hold come through escaped', async () => {
    await start();
    const b = await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r', { from_number: '*#06# a@b;c' });
    await world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r2',
      dest_addr: '10.0.1.1',
      from_number: '+49 30',
      to_number: '#31#7',
    });
    await world.expectNothingLeft();
    const [first, second] = world.sentTo(b, 'INVITE');
    expect(first?.from.uri).toMatchObject({ user: '*#06# a@b;c' });
    expect(second?.from.uri).toMatchObject({ user: '+49 30' });
    expect(second?.to.uri).toMatchObject({ user: '#31#7' });
    expect(world.stories('out')).toEqual([
      ['Connecting', 'Rejected 486'],
      ['Connecting', 'Rejected 486'],
    ]);
  });

  test('contacts of one q in parallel, a lower q only after all higher ones failed', async () => {
    await start();
    const phones: WorldPhone[] = [];
    for (const q of ['1.0', '0.5']) {
      const phone = await world.addQuietPhone('1001');
      const response = await world.while(
        phone.ua.request({
          method: 'REGISTER',
          uri: phone.addressOfRecord.uri,
          target: phone.target,
          from: phone.addressOfRecord,
          to: phone.addressOfRecord,
          headers: [['Contact', `<sip:1001@${phone.options.address}>;q=${q}`]],
          credentials: { username: '1001', password: '1001' },
        }),
      );
      expect(response.statusCode).toBe(200);
      phones.push(phone);
    }
    await world.clock.advance(20);
    await world.inviteClient('1001', 'r');
    const first = await world.rung(phones[0]!);
    await world.clock.advance(5000);
    expect(phones[1]?.calls).toEqual([]);
    first.hangUp(480);
    const second = await world.rung(phones[1]!);
    second.answer();
    await world.clock.advance(50);
    expect(second.log).toEqual(['confirmed']);
    second.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Connected', 'Ended']]);
  });

  test('request_uri: contact sends the Contact as registered', async () => {
    await start('request_uri: contact');
    const phone = await world.addRegistered('1001', { onInvite: 486 });
    await world.clock.advance(20);
    const { json } = await world.gateway.api('GET', '/sip/sessions');
    await world.inviteClient('1001', 'r');
    await world.expectNothingLeft();
    const [invite] = world.sentTo(phone, 'INVITE');
    expect(invite?.kind === 'request' && serializeUri(invite.uri)).toBe(json.data[0].contact);
  });

  test('RFC 3261 §8.1.2 a profile with an outbound proxy: the INVITE goes there as its Route, for the called host', async () => {
    await start(
      'servers: [{alias: trunk, cidrs: [10.0.7.0/24], auth: none, outbound: {proxy: "10.0.7.1:5060", domain: us.example}}]',
    );
    const proxy = await world.addQuietPhone('proxy', { address: '10.0.7.1', onInvite: 603 });
    await world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r',
      dest_addr: 'far.example',
      from_number: '1',
      to_number: '2',
      server_alias: 'trunk',
    });
    await world.expectNothingLeft();
    const [invite] = world.sentTo(proxy, 'INVITE');
    expect(invite?.kind === 'request' && invite.uri).toMatchObject({ user: '2', host: 'far.example' });
    expect(invite?.kind === 'request' && invite.route.map(({ uri }) => serializeUri(uri))).toEqual([
      'sip:10.0.7.1:5060;lr',
    ]);
    expect(invite?.from.uri).toMatchObject({ host: 'us.example' });
    expect(world.stories('out')).toEqual([['Connecting', 'Rejected 603']]);
  });
});
