import { expect, test } from 'vitest';
import { IpRanges } from '../../../base/ip-ranges.js';
import { silentLogger } from '../../../base/log.js';
import type { DomainProfile } from '../../../gateway/config/domains.js';
import { Domains } from '../../../gateway/decide/domains.js';
import { SenderGate } from '../../../gateway/presence/sender-gate.js';
import { PresenceServer } from '../../../gateway/presence/server.js';
import { UserBook } from '../../../gateway/presence/users.js';
import { SourceIndex } from '../../../gateway/registrar/source-index.js';
import { nameAddr } from '../../../sip/header-values.js';
import { dialogPackage } from '../../../sip/packages/dialog.js';
import { Subscriber } from '../../../sip/ua/subscriber.js';
import { sipUri } from '../../../sip/uri.js';
import { UaBench } from '../../support/ua-bench.js';

/** A domain that believes everybody who is in its list of users. */
function lab(...names: string[]): DomainProfile {
  const policy = { minS: null, defaultS: null, maxS: null, contacts: 'many', qop: null, pingS: 0 } as const;
  const users = new Map(names.map((name) => [name, { password: name }]));
  const common = { routing: 'bridge', rooms: new Map<string, string>(), realm: null, srtp: null, policy } as const;
  return { names: ['lab.example'], auth: 'none', allow: ['10.0.0.0/24'], users, ...common };
}

const nobody = { ofUser: () => [], sources: new SourceIndex(), listen: () => undefined };
const neverAsked = { verify: () => Promise.reject(new Error('nobody has a password')) };

test('RFC 6665 §4.1.3 who is taken out of the directory is watched by nobody, and watches nobody', async () => {
  const bench = new UaBench();
  const phone = await bench.agent('phone', '10.0.0.1');
  const server = await bench.agent('server', '10.0.0.2');
  const domains = new Domains();
  domains.add(lab('anna', 'bob', 'carl'));
  const users = new UserBook({ keeper: nobody, domains, hasHooks: false });
  const gate = new SenderGate({ users, authenticator: neverAsked as never, trusted: IpRanges.of([]) });
  const { clock } = bench;
  const common = { clock, log: silentLogger, userAgent: server.ua, users, gate, keeper: nobody, calls: nobody };
  const presence = new PresenceServer({ ...common, max: 10, retryAfterS: 5 });
  domains.onUsersGone((gone) => presence.usersGone(gone));
  const subscriber = new Subscriber(phone.ua.context);
  phone.ua.use(subscriber);
  const told: string[] = [];
  const address = (user: string) => sipUri({ user, host: 'lab.example' });
  const watch = (watcher: string, watched: string): void => {
    subscriber.subscribe(
      {
        package: dialogPackage,
        uri: address(watched),
        target: server.target,
        from: nameAddr(address(watcher)),
        retry: false,
      },
      { onEnded: ({ cause, reason }) => told.push(`${watcher} ${watched} ${cause} ${reason}`) },
    );
  };
  watch('anna', 'bob');
  watch('bob', 'anna');
  watch('anna', 'carl');
  await clock.advance(100);
  expect(presence.subscriptions.size).toBe(3);
  domains.replace(lab('anna', 'carl'));
  await clock.advance(100);
  expect(told).toEqual(['anna bob terminated noresource', 'bob anna terminated rejected']);
  expect(presence.subscriptions.size).toBe(1);
  const closed = presence.close(1000);
  await clock.advance(100);
  await closed;
  expect(presence.subscriptions.size).toBe(0);
  expect(told.at(-1)).toBe('anna carl terminated deactivated');
});
