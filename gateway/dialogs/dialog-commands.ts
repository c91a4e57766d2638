import { noteText, type SessionJson } from '../../contract/mediaswitch/dialogs.js';
import type { DialogCommands, DialogOutcome } from '../api/dialogs.js';
import type { Description } from './description.js';
import { needsDescription } from './dialog.js';
import type { DialogRunner } from './dialog-runner.js';
import type { DialogService } from './dialog-service.js';
import type { OriginatedDialogs } from './originated.js';
import type { Refers } from './refers.js';

const taken: DialogOutcome = { ok: true };
const unknown: DialogOutcome = { ok: false, statusCode: 404, reason: 'no dialog has this callid' };

function wrong(reason: string): DialogOutcome {
  return { ok: false, statusCode: 400, reason };
}

/** What control servers can ask for, carried out on dialogs. An outcome says that it is queued, not how it went. */
export function createDialogCommands(
  service: DialogService,
  originated: OriginatedDialogs,
  refers: Refers,
): DialogCommands {
  const found = (callid: string | null | undefined, use: (dialog: DialogRunner) => DialogOutcome): DialogOutcome => {
    const dialog = service.table.get(callid ?? '');
    return dialog === undefined ? unknown : use(dialog);
  };
  const described = (
    sdp: SessionJson | null | undefined,
    use: (description: Description | null) => DialogOutcome,
  ): DialogOutcome => {
    if (sdp === null || sdp === undefined) return use(null);
    const description = service.options.codec.ofJson(sdp);
    return description === null ? wrong('sdp: not a session description') : use(description);
  };
  const reply = (
    command: 'answer' | 'ok',
    callid: string | null | undefined,
    sdp: SessionJson | null | undefined,
  ): DialogOutcome =>
    found(callid, (dialog) =>
      described(sdp, (description) => {
        if (description === null && needsDescription(dialog.dialog, command)) return wrong('sdp: needed here');
        dialog.post({ type: command, description });
        return taken;
      }),
    );
  return {
    originate: (body) => originated.originate(body),
    ring: ({ callid, alertinfo }) =>
      found(callid, (dialog) => {
        dialog.post({ type: 'ring', alertInfo: alertinfo || null });
        return taken;
      }),
    answer: ({ callid, sdp }) => reply('answer', callid, sdp),
    ok: ({ callid, sdp }) => reply('ok', callid, sdp),
    reinvite: ({ callid, sdp }) =>
      found(callid, (dialog) =>
        described(sdp, (description) => {
          dialog.post({ type: 'reinvite', description });
          return taken;
        }),
      ),
    hangup: ({ callid, code, reason }) =>
      found(callid, (dialog) => {
        dialog.post({ type: 'hangup', code: code ?? null, reason: reason || null });
        return taken;
      }),
    notify: ({ callid }) => {
      const isTold = refers.notify(callid ?? '');
      return isTold ? taken : found(callid, () => taken);
    },
    note: ({ callid, note }) =>
      found(callid, (dialog) => {
        dialog.note = note === null ? null : noteText(note);
        return taken;
      }),
    dialogs: () => ({ count: service.table.size, counter: service.table.counter }),
    dialogsOf: (control) =>
      service.table
        .all()
        .filter(({ info }) => info.control === control)
        .map(({ info }) => info.callid),
    dialog: (callid) => service.table.get(callid)?.view ?? null,
  };
}
