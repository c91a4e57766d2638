import { expect, test } from 'vitest';
import { Messages } from '../../../sip/ua/message.js';
import type { PeerCapabilities } from '../../../sip/ua/options.js';
import { sipUri } from '../../../sip/uri.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';
import { pair, UaBench } from '../../support/ua-bench.js';

async function asked(prepare: (flow: Awaited<ReturnType<typeof pair>>) => void = () => {}, accept?: string) {
  const flow = await pair();
  prepare(flow);
  let found: PeerCapabilities | null = null;
  const { alice, bob, bench } = flow;
  const request = { uri: sipUri({ user: 'bob', host: bob.address }), target: bob.target };
  const sent =
    accept === undefined ? alice.ua.options(request) : alice.ua.options({ ...request, headers: [['Accept', accept]] });
  void sent.then((value) => {
    found = value;
  });
  await bench.clock.until(() => found !== null);
  await bench.expectNothingLeft();
  return { ...flow, found: found as unknown as PeerCapabilities };
}

test('RFC 3261 §11.2 what the peer tells is what was added to it', async () => {
  const { bob, found } = await asked(({ bob }) => {
    bob.ua.use({ extensions: ['timer'], events: ['presence'], told: [['Recv-Info', 'foo']] });
    bob.ua.use(new Messages(bob.ua.context, { onMessage: () => undefined }));
  });
  expect(found.response.statusCode).toBe(200);
  expect(found.allow?.join(', ')).toBe(bob.ua.allow());
  expect(found).toMatchObject({
    supported: expect.arrayContaining(['timer']),
    allowEvents: ['presence'],
    recvInfo: ['foo'],
    body: null,
  });
  expect(found.accept?.map(({ value }) => value)).toEqual([
    'application/sdp',
    'multipart/mixed',
    'multipart/alternative',
    'text/plain',
  ]);
  expect(found.acceptEncoding).toMatchObject([{ value: 'identity', q: 1 }]);
});

test('RFC 3261 §11.2 a description of capabilities goes to those that read it, and the code is an INVITE’s', async () => {
  const describe = ({ bob }: Awaited<ReturnType<typeof pair>>) =>
    bob.ua.describe(() => ({ statusCode: 486, body: Buffer.from('v=0') }));
  const { found } = await asked(describe);
  expect([found.response.statusCode, found.body?.toString()]).toEqual([486, 'v=0']);
  expect(found.response.headers.get('Content-Type')).toBe('application/sdp');
  const busy = await asked(({ bob }) =>
    bob.ua.describe(({ headers }) => ({
      body: headers.has('X') ? undefined : Buffer.from('<x/>'),
      contentType: 'a/b',
    })),
  );
  expect([busy.found.response.statusCode, busy.found.body]).toEqual([200, null]);
});

test('RFC 3261 §11.2 a handler that throws is a 500, and a peer that is not there a 408', async () => {
  const { found } = await asked(({ bob }) =>
    bob.ua.describe(() => {
      throw new Error('defect');
    }),
  );
  expect(found.response.statusCode).toBe(500);
  const gone = await asked(({ bench }) => {
    bench.lose = ({ text }) => text === 'OPTIONS';
  });
  expect(gone.found).toMatchObject({ response: { statusCode: 408 }, allow: undefined, accept: undefined, body: null });
});

test('RFC 3261 §8.2.7 outside a dialog it needs no transaction: a copy gets the same answer, and nothing is left', async () => {
  const bench = new UaBench();
  const bob = await bench.agent('bob', '10.0.0.2');
  const stranger = await SipEndpoint.open(bench.network.host('10.0.0.9'), '10.0.0.9', { server: '10.0.0.2' });
  const request = stranger.send({ method: 'OPTIONS', user: 'bob', sequence: 1 });
  stranger.sendMessage({ ...request, cseq: { ...request.cseq } });
  await bench.clock.advance(10);
  const [first, second, ...others] = stranger.answersTo(request);
  expect([first?.statusCode, second?.statusCode, others]).toEqual([200, 200, []]);
  expect(second?.to.params.get('tag')).toBe(first?.to.params.get('tag'));
  expect(first?.headers.get('Allow')).toBe(bob.ua.allow());
  expect(bob.ua.counts().transactions).toBe(0);
  await bench.expectNothingLeft();
});
