import { describe, expect, test } from 'vitest';
import type { SessionId } from '../../../base/ids.js';
import type { Binding } from '../../../gateway/registrar/bindings.js';
import { contactRequests, planRegister, type RegisterRequest } from '../../../gateway/registrar/plan.js';
import { parseNameAddrList } from '../../../sip/index.js';

const policy = { minS: 60, defaultS: 180, maxS: 180, maxContacts: 2 };

function request(contacts: string, overrides: Partial<RegisterRequest> = {}): RegisterRequest {
  const listed = parseNameAddrList(contacts);
  if (!listed.ok) throw new Error(listed.fault);
  return {
    callId: 'c1',
    sequence: 2,
    source: '192.0.2.1:5060',
    wildcard: false,
    contacts: contactRequests(listed.value),
    expiresS: null,
    ...overrides,
  };
}

function binding(overrides: Partial<Binding> & { port?: number } = {}): Binding {
  const { port = 5060, ...rest } = overrides;
  return {
    sessionId: 's1' as SessionId,
    username: '1001',
    realm: 'r',
    contact: 'sip:1001@192.0.2.1:5060',
    instance: null,
    callId: 'c1',
    sequence: 1,
    q: 1,
    userAgent: null,
    flow: {
      kind: 'udp',
      local: { address: '192.0.2.9', port: 5060 },
      remote: { address: '192.0.2.1', port },
      connectionId: null,
    },
    registeredAtMs: 0,
    expiresAtMs: 180_000,
    ha1: null,
    connection: null,
    restored: false,
    ...rest,
  };
}

const here = '<sip:1001@192.0.2.1:5060>';

describe('RFC 3261 §10.3 step 7 the granted expiry', () => {
  test.each([
    [here, null, 180],
    [here, 3600, 180],
    [here, 90, 90],
    [`${here};expires=120`, 60, 120],
    [`${here};expires=soon`, null, 180],
  ])('%s with Expires %s is granted %i s', (contact, expiresS, granted) => {
    const plan = planRegister(request(contact, { expiresS }), [], policy);
    expect(plan).toMatchObject({ ok: true, changes: [{ type: 'add', expiresS: granted, replaces: [] }] });
  });

  test('less than the minimum is 423 with Min-Expires', () => {
    const plan = planRegister(request(here, { expiresS: 30 }), [], policy);
    expect(plan).toMatchObject({ ok: false, statusCode: 423, minExpiresS: 60 });
  });
});

describe('RFC 3261 §10.3 step 6 and §10.2.2 removing', () => {
  test('* with Expires 0 removes all', () => {
    const all = [binding(), binding({ sessionId: 's2' as SessionId, contact: 'sip:1001@192.0.2.2' })];
    const plan = planRegister(request(here, { wildcard: true, expiresS: 0, contacts: [] }), all, policy);
    expect(plan).toEqual({
      ok: true,
      changes: [
        { type: 'remove', sessionId: 's1' },
        { type: 'remove', sessionId: 's2' },
      ],
    });
  });

  test('* with any other Expires is 400', () => {
    const wildcard = { wildcard: true, contacts: [], expiresS: 60 };
    expect(planRegister(request(here, wildcard), [], policy)).toMatchObject({ ok: false, statusCode: 400 });
    expect(planRegister(request(here, { ...wildcard, expiresS: null }), [], policy)).toMatchObject({ statusCode: 400 });
  });

  test('Expires 0 removes that contact only; of an unknown one it changes nothing', () => {
    const plan = planRegister(request(here, { expiresS: 0 }), [binding()], policy);
    expect(plan).toEqual({ ok: true, changes: [{ type: 'remove', sessionId: 's1' }] });
    expect(planRegister(request(here, { expiresS: 0 }), [], policy)).toEqual({ ok: true, changes: [] });
  });
});

describe('contract 2.7 what is a refresh and what replaces', () => {
  test('the same Contact from the same source is a refresh', () => {
    const plan = planRegister(request(here), [binding()], policy);
    expect(plan).toMatchObject({ ok: true, changes: [{ type: 'refresh', sessionId: 's1' }] });
  });

  test('the same Contact from another source replaces', () => {
    const moved = request(here, { source: '192.0.2.1:40000', callId: 'c2' });
    expect(planRegister(moved, [binding()], policy)).toMatchObject({ changes: [{ type: 'add', replaces: ['s1'] }] });
  });

  test('the same Call-ID from another source replaces, whatever the Contact', () => {
    const moved = request('<sip:1001@198.51.100.1>', { source: '198.51.100.1:5060' });
    expect(planRegister(moved, [binding()], policy)).toMatchObject({ changes: [{ type: 'add', replaces: ['s1'] }] });
  });

  test('RFC 5626 §6 the same instance replaces', () => {
    const known = binding({ instance: '<urn:uuid:1>', callId: 'x' });
    const moved = request('<sip:1001@198.51.100.1>;+sip.instance="<urn:uuid:1>"', { source: '198.51.100.1:5060' });
    expect(planRegister(moved, [known], policy)).toMatchObject({ changes: [{ type: 'add', replaces: ['s1'] }] });
  });

  test('another phone of the same user is one more binding, up to the limit', () => {
    const other = request('<sip:1001@198.51.100.1>', { source: '198.51.100.1:5060', callId: 'c9' });
    expect(planRegister(other, [binding()], policy)).toMatchObject({ changes: [{ type: 'add', replaces: [] }] });
    const full = [binding(), binding({ sessionId: 's2' as SessionId, contact: 'sip:1001@192.0.2.2' })];
    expect(planRegister(other, full, policy)).toMatchObject({ ok: false, statusCode: 403 });
  });
});

test('RFC 3261 §10.3 step 7 a CSeq that does not rise within a Call-ID changes nothing', () => {
  expect(planRegister(request(here, { sequence: 1 }), [binding()], policy)).toMatchObject({
    ok: false,
    statusCode: 500,
  });
});

test('RFC 3261 §10.3 one bad contact spoils all of them', () => {
  const two = request(`${here};expires=120, <sip:1001@192.0.2.7>;expires=10`);
  expect(planRegister(two, [], policy)).toMatchObject({ ok: false, statusCode: 423 });
});
