import { expect, test } from 'vitest';
import { Messages } from '../../../sip/ua/message.js';
import type { PeerCapabilities } from '../../../sip/ua/options.js';
import { sipUri } from '../../../sip/uri.js';
import { pair } from '../../support/ua-bench.js';

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
