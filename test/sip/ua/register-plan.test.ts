import { describe, expect, test } from 'vitest';
import { parseNameAddrList } from '../../../sip/header-values.js';
import {
  contactRequests,
  type KnownBinding,
  type PlanOptions,
  planRegister,
  type RegisterRequest,
} from '../../../sip/ua/register-plan.js';

const policy = { minS: 60, defaultS: 180, maxS: 180, maxContacts: 2 };

function request(contacts: string, overrides: Partial<RegisterRequest> = {}): RegisterRequest {
  const listed = parseNameAddrList(contacts);
  if (!listed.ok) throw new Error(listed.fault);
  return {
    callId: 'c1',
    sequence: 2,
    wildcard: false,
    contacts: contactRequests(listed.value),
    expiresS: null,
    path: [],
    supported: [],
    isDirect: true,
    ...overrides,
  };
}

interface Known extends KnownBinding {
  readonly id: string;
}

function binding(overrides: Partial<Known> = {}): Known {
  return {
    id: 'b1',
    contact: 'sip:1001@192.0.2.1:5060',
    instance: null,
    regId: null,
    callId: 'c1',
    sequence: 1,
    ...overrides,
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

  test('an hour or more is never too brief, whatever the minimum', () => {
    const long = { ...policy, minS: 7200, defaultS: 7200, maxS: 86_400 };
    const planned = (expiresS: number) => planRegister(request(here, { expiresS }), [], long);
    expect(planned(3599)).toMatchObject({ ok: false, statusCode: 423, minExpiresS: 7200 });
    expect(planned(3600)).toMatchObject({ ok: true, changes: [{ expiresS: 3600 }] });
    expect(planned(7200)).toMatchObject({ ok: true, changes: [{ expiresS: 7200 }] });
  });
});

describe('RFC 3261 §10.3 step 6 and §10.2.2 removing', () => {
  const second = binding({ id: 'b2', contact: 'sip:1001@192.0.2.2', callId: 'c2' });

  test('* with Expires 0 removes all', () => {
    const all = [binding(), second];
    const plan = planRegister(request(here, { wildcard: true, expiresS: 0, contacts: [] }), all, policy);
    expect(plan).toEqual({ ok: true, changes: all.map((each) => ({ type: 'remove', binding: each })) });
  });

  test('* with any other Expires is 400', () => {
    const wildcard = { wildcard: true, contacts: [], expiresS: 60 };
    expect(planRegister(request(here, wildcard), [], policy)).toMatchObject({ ok: false, statusCode: 400 });
    expect(planRegister(request(here, { ...wildcard, expiresS: null }), [], policy)).toMatchObject({ statusCode: 400 });
  });

  test('* that comes late removes nothing', () => {
    const late = request(here, { wildcard: true, expiresS: 0, contacts: [], sequence: 1 });
    expect(planRegister(late, [second, binding()], policy)).toMatchObject({ ok: false, statusCode: 500 });
  });

  test('Expires 0 removes that contact only; of an unknown one it changes nothing', () => {
    const known = binding();
    const plan = planRegister(request(here, { expiresS: 0 }), [known, second], policy);
    expect(plan).toEqual({ ok: true, changes: [{ type: 'remove', binding: known }] });
    expect(planRegister(request(here, { expiresS: 0 }), [], policy)).toEqual({ ok: true, changes: [] });
  });
});

describe('RFC 3261 §10.3 step 7 what is a refresh', () => {
  test('the same Contact by URI comparison is updated, also under another Call-ID', () => {
    const known = binding({ contact: 'sip:1001@192.0.2.1:5060;line=7' });
    for (const callId of ['c1', 'c2']) {
      const plan = planRegister(request(here, { callId }), [known], policy);
      expect(plan).toMatchObject({ ok: true, changes: [{ type: 'update', binding: known, replaces: [] }] });
    }
  });

  test('another Contact is one more binding, up to the limit', () => {
    const other = request('<sip:1001@198.51.100.1>', { callId: 'c9' });
    expect(planRegister(other, [binding()], policy)).toMatchObject({ changes: [{ type: 'add', replaces: [] }] });
    const full = [binding(), binding({ id: 'b2', contact: 'sip:1001@192.0.2.2' })];
    expect(planRegister(other, full, policy)).toMatchObject({ ok: false, statusCode: 403 });
  });

  test('a CSeq that does not rise within a Call-ID changes nothing', () => {
    expect(planRegister(request(here, { sequence: 1 }), [binding()], policy)).toMatchObject({
      ok: false,
      statusCode: 500,
    });
  });

  test('a CSeq that does not rise matters to the Contacts that it would change, and to no others', () => {
    const known = binding({ sequence: 9 });
    expect(planRegister(request('<sip:1001@192.0.2.7>'), [known], policy)).toMatchObject({
      ok: true,
      changes: [{ type: 'add' }],
    });
    expect(planRegister(request(here, { contacts: [], sequence: 1 }), [known], policy)).toEqual({
      ok: true,
      changes: [],
    });
  });

  test('one bad contact spoils all of them', () => {
    const two = request(`${here};expires=120, <sip:1001@192.0.2.7>;expires=10`);
    expect(planRegister(two, [], policy)).toMatchObject({ ok: false, statusCode: 423 });
  });

  test('a Contact that is named twice is bound once', () => {
    const twice = request(`${here};expires=120, ${here};expires=0`, { callId: 'c3' });
    const plan = planRegister(twice, [binding()], policy);
    expect(plan).toMatchObject({ ok: true, changes: [{ type: 'update', expiresS: 120 }] });
    const fresh = planRegister(request(`${here}, ${here}`), [], policy);
    expect(fresh.ok && fresh.changes.length).toBe(1);
  });
});

describe('RFC 5626 §6 bindings of flows', () => {
  const instance = '<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>';
  const flow = (regId: number) => `<sip:bob@192.0.2.2;transport=tcp>;reg-id=${regId};+sip.instance="${instance}"`;
  const outbound: PlanOptions<Known> = { outbound: true };
  const supported = ['path', 'outbound'];
  const first = binding({ id: 'f1', contact: 'sip:bob@192.0.2.2;transport=tcp', instance, regId: 1 });

  test('the same instance and reg-id is the same binding, whatever the Contact', () => {
    const known = { ...first, contact: 'sip:bob@10.1.1.1' };
    const plan = planRegister(request(flow(1), { supported, callId: 'new' }), [known], policy, outbound);
    expect(plan).toMatchObject({ ok: true, changes: [{ type: 'update', binding: known }] });
  });

  test('another reg-id of the instance is one more binding, though the Contact is the same', () => {
    const plan = planRegister(request(flow(2), { supported }), [first], policy, outbound);
    expect(plan).toMatchObject({ ok: true, changes: [{ type: 'add', replaces: [] }] });
  });

  test('Expires 0 ends that flow alone', () => {
    const second = { ...first, id: 'f2', regId: 2 };
    const plan = planRegister(request(flow(2), { supported, expiresS: 0 }), [first, second], policy, outbound);
    expect(plan).toEqual({ ok: true, changes: [{ type: 'remove', binding: second }] });
  });

  test('reg-id means nothing without an instance, without Supported: outbound, or as no number', () => {
    for (const [contact, tags] of [
      ['<sip:bob@192.0.2.2;transport=tcp>;reg-id=1', supported],
      [flow(1), ['path']],
      [`<sip:bob@192.0.2.2;transport=tcp>;reg-id=x;+sip.instance="${instance}"`, supported],
    ] as const) {
      const known = binding({ contact: 'sip:bob@192.0.2.2;transport=tcp' });
      const plan = planRegister(request(contact, { supported: tags }), [known], policy, outbound);
      expect(plan).toMatchObject({ ok: true, changes: [{ type: 'update', binding: known }] });
    }
  });
});

describe('what an application calls the same', () => {
  const moving: PlanOptions<Known> = {
    isSame: (known, contact) => known.instance !== null && known.instance === contact.instance,
    isReplaced: (known) => known.id === 'old',
    isPreferred: (known) => known.id === 'here',
  };

  test('the preferred of several is updated, the others are replaced', () => {
    const known = [binding({ id: 'there', instance: '<urn:uuid:1>' }), binding({ id: 'here' }), binding({ id: 'old' })];
    const plan = planRegister(request(`${here};+sip.instance="<urn:uuid:1>"`), known, policy, moving);
    expect(plan).toMatchObject({
      changes: [{ type: 'update', binding: { id: 'here' }, replaces: [{ id: 'there' }, { id: 'old' }] }],
    });
  });

  test('a replaced one does not count, but its order does', () => {
    const known = [binding({ id: 'old', contact: 'sip:a@b' }), binding({ id: 'x', contact: 'sip:a@c', callId: 'c5' })];
    expect(planRegister(request(here), known, policy, moving)).toMatchObject({
      changes: [{ type: 'add', replaces: [{ id: 'old' }] }],
    });
    expect(planRegister(request(here, { sequence: 1 }), known, policy, moving)).toMatchObject({ statusCode: 500 });
  });
});
