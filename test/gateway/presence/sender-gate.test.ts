import { expect, test } from 'vitest';
import { IpRanges } from '../../../base/ip-ranges.js';
import { Domains } from '../../../gateway/decide/domains.js';
import { SenderGate } from '../../../gateway/presence/sender-gate.js';
import { UserBook } from '../../../gateway/presence/users.js';
import { SourceIndex } from '../../../gateway/registrar/source-index.js';
import { nameAddr } from '../../../sip/header-values.js';
import type { Flow } from '../../../sip/transport/transport.js';
import { sipUri } from '../../../sip/uri.js';
import { profilesOf } from '../../support/domain-profile.js';
import { sampleRequest } from '../../support/sample-request.js';

test('RFC 3261 §12.2 a PUBLISH within a call comes past admission; without a password the list of its domain counts', async () => {
  const domains = new Domains(profilesOf('[{ name: lab.example, auth: none, allow: [10.0.1.0/24] }]'));
  const keeper = { ofUser: () => [], sources: new SourceIndex() };
  const users = new UserBook({ keeper, domains, hasHooks: false });
  const authenticator = { verify: () => Promise.reject(new Error('nobody has a password')) } as never;
  const gate = new SenderGate({ users, authenticator, trusted: IpRanges.of([]) });
  const from = nameAddr(sipUri({ user: 'anna', host: 'lab.example' }), { tag: 'a' });
  const request = { ...sampleRequest('PUBLISH'), from };
  const kindAt = async (address: string): Promise<string> => {
    const flow = { kind: 'udp', connectionId: null, remote: { address, port: 5060 } } as unknown as Flow;
    return (await gate.identify(request, flow)).kind;
  };
  expect(await kindAt('10.0.1.7')).toBe('user');
  expect(await kindAt('10.0.9.1')).toBe('refused');
});
