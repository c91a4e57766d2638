import { nameAddr } from '../../sip/header-values.js';
import type { OutgoingAttempt } from '../../sip/ua/types.js';
import { sipUri } from '../../sip/uri.js';
import { type Agent, type AgentOptions, ANSWER, OFFER, UaBench } from './ua-bench.js';
import { ZoneLocator } from './zone-locator.js';

export const TRUNK = 'trunk.example';

/** Alice, two servers of trunk.example, and a third address where nobody is. */
export async function trunk(options: AgentOptions = {}) {
  const bench = new UaBench();
  const zone = new ZoneLocator(bench.clock);
  const alice = await bench.agent('alice', '10.0.0.1', { locator: zone, ...options });
  const one = await bench.agent('one', '10.0.0.11');
  const two = await bench.agent('two', '10.0.0.12');
  bench.name('10.0.0.19', 'dead');
  for (const server of [one, two]) server.onInvite = (session) => session.accept({ body: ANSWER });
  return { bench, zone, alice, one, two };
}

/** A call to that host by RFC 3263. */
export function call(alice: Agent, host = TRUNK): OutgoingAttempt {
  const uri = sipUri({ user: 'bob', host });
  return alice.ua.invite(
    {
      branches: [{ requestUri: uri }],
      from: nameAddr(sipUri({ user: 'alice', host: '10.0.0.1' })),
      to: nameAddr(uri),
      contactUser: 'alice',
      body: OFFER,
    },
    alice.listen(),
  );
}

export const options = (alice: Agent, host = TRUNK) => alice.ua.request({ method: 'OPTIONS', uri: sipUri({ host }) });
