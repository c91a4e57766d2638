import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DialogEntry, type DialogInfo, dialogPackage } from '../../../sip/packages/dialog.js';
import { Params } from '../../../sip/params.js';
import { acrossTheWire, afterChange } from '../../support/event-document.js';

const entry = (id: string, given: Partial<DialogEntry> = {}): DialogEntry => ({ id, state: 'confirmed', ...given });
const info = (...dialogs: DialogEntry[]): DialogInfo => ({ entity: 'sip:alice@example.com', dialogs });

/** RFC 4235 §6.2, the last document. */
const example = `<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="3" state="partial" entity="sip:alice@example.com">
  <dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" remote-tag="456887766" direction="initiator">
    <state event="rejected" code="486">terminated</state>
    <duration>274</duration>
    <replaces call-id="hg287s98s89" local-tag="6762h7" remote-tag="09278hsb"/>
    <referred-by>sip:carol@example.com</referred-by>
    <local>
      <identity display="Alice">sip:alice@example.com</identity>
      <target uri="sip:alice@pc33.example.com"><param pname="isfocus" pval="true"/></target>
    </local>
    <remote><identity>sip:bob@example.org</identity></remote>
  </dialog>
</dialog-info>`;

test('RFC 4235 §6.2 the example is read, and crosses the wire again', () => {
  const read = dialogPackage.parse(Buffer.from(example), dialogPackage.contentType);
  if (!read.ok) throw new Error(read.fault);
  expect(read.value).toMatchObject({
    full: false,
    version: 3,
    state: {
      dialogs: [
        {
          id: 'as7d900as8',
          callId: 'a84b4c76e66710',
          direction: 'initiator',
          state: 'terminated',
          event: 'rejected',
          code: 486,
          durationS: 274,
          replaces: { callId: 'hg287s98s89', localTag: '6762h7', remoteTag: '09278hsb' },
          referredBy: 'sip:carol@example.com',
          local: {
            identity: { uri: 'sip:alice@example.com', displayName: 'Alice' },
            target: { uri: 'sip:alice@pc33.example.com', params: [['isfocus', 'true']] },
          },
          remote: { identity: { uri: 'sip:bob@example.org' } },
        },
      ],
    },
  });
  expect(acrossTheWire(dialogPackage, read.value.state)).toEqual(read.value.state);
});

test('RFC 4235 §4.1.4 the duration counts to the moment of writing', () => {
  const read = acrossTheWire(dialogPackage, info(entry('1', { sinceMs: 1000 })), { nowMs: 12_900 });
  expect(read.dialogs[0]?.durationS).toBe(11);
});

describe('RFC 4235 §3.10 partial documents', () => {
  test('a dialog that is gone without an end of its own is told once as terminated', () => {
    expect(dialogPackage.changes?.(info(entry('1')), info())).toEqual({
      partial: info(entry('1', { state: 'terminated' })),
    });
    expect(dialogPackage.changes?.(info(entry('1', { state: 'terminated' })), info())).toBe('none');
  });

  test('how a dialog ended while a NOTIFY was under way is still told', () => {
    const waiting = info(entry('1', { state: 'terminated', event: 'remote-bye' }));
    expect(dialogPackage.coalesce?.(waiting, info(entry('2')))?.dialogs).toEqual([entry('2'), waiting.dialogs[0]]);
  });

  test('whoever applies them knows the whole state', () => {
    const states = fc
      .uniqueArray(fc.constantFrom('1', '2', '3', '4'))
      .chain((ids) =>
        fc.tuple(...ids.map((id) => fc.constantFrom(entry(id), entry(id, { state: 'early', code: 180 })))),
      )
      .map((dialogs) => info(...dialogs));
    const sorted = (state: DialogInfo) => [...state.dialogs].sort((a, b) => a.id.localeCompare(b.id));
    fc.assert(
      fc.property(states, states, (from, to) => {
        expect(sorted(afterChange(dialogPackage, from, to))).toEqual(sorted(to));
      }),
    );
  });
});

test('RFC 4235 §3.2 parameters of Event choose one dialog; its tags are named from the subscriber’s side', () => {
  const one = entry('1', { callId: 'c1', localTag: 'l', remoteTag: 'r' });
  const state = info(one, entry('2', { callId: 'c2' }));
  expect(dialogPackage.select?.(state, Params.of({ 'call-id': 'c1', 'to-tag': 'l', 'from-tag': 'r' }))).toEqual(
    info(one),
  );
  expect(dialogPackage.select?.(state, Params.of({ 'call-id': 'c1', 'to-tag': 'x' }))).toEqual(info());
  expect(dialogPackage.select?.(state, Params.of({ id: '7' }))).toBe(state);
});

test.each([
  [example.replace('version="3"', ''), 'no version'],
  [example.replace(' entity="sip:alice@example.com"', ''), 'no entity'],
  [example.replace('id="as7d900as8" ', ''), 'a dialog without id'],
  [example.replace('>terminated<', '>over<'), 'an unknown state'],
  ['<dialog-info/>', 'no namespace'],
])('RFC 4235 §4 refused: %#: %s', (body) => {
  expect(dialogPackage.parse(Buffer.from(body), dialogPackage.contentType)).toMatchObject({ fault: 'bad-body' });
});
