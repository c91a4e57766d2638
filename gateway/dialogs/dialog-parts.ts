import { IpRanges } from '../../base/ip-ranges.js';
import type { DialogCommands } from '../api/dialogs.js';
import type { AdmissionParts, CallParts, DecisionParts, PartsDeps, PresenceParts, SipParts } from '../parts.js';
import { ownerOfIdentity } from '../registrar/bindings.js';
import { createDialogCommands } from './dialog-commands.js';
import { DialogPresence } from './dialog-presence.js';
import { DialogService } from './dialog-service.js';
import { OriginatedDialogs } from './originated.js';
import { Refers } from './refers.js';
import { sdpCodec } from './sdp-codec.js';

/** Dialogs between peers and control servers. */
export interface DialogParts {
  readonly service: DialogService;
  readonly refers: Refers;
  readonly commands: DialogCommands;
}

export function createDialogs(
  { config, clock, random, log }: PartsDeps,
  parts: {
    readonly sip: SipParts;
    readonly decisions: DecisionParts;
    readonly admission: AdmissionParts;
    readonly calls: CallParts;
    readonly presence: PresenceParts;
  },
): DialogParts {
  const { domains, control } = parts.decisions;
  const { keeper, authenticator, admission } = parts.admission;
  const { userAgent } = parts.sip;
  const { service: rooms, overload } = parts.calls;
  const trusted = IpRanges.of(config.trusted);
  const seen = new DialogPresence(() => parts.presence.presence?.calls ?? null);
  const service: DialogService = new DialogService({
    ...{ clock, log, userAgent, admission, trusted, codec: sdpCodec, control },
    guard: {
      ...{ authenticator, domains, trusted },
      admitForeign: rooms.options.admitForeign,
      isFlowOf: (identity, flow) => keeper.sources.isAt(ownerOfIdentity(identity), flow),
    },
    refusal: () => (rooms.draining ? 'draining' : overload.check()),
    retryAfterS: rooms.options.settings.retryAfterS,
    onNew: () => refers.serve(),
    onStep: (dialog, before) => seen.onStep(dialog, before),
  });
  const refers = new Refers({
    userAgent,
    log,
    subscriptions: () => parts.presence.presence?.subscriptions ?? null,
    find: (callid) => service.table.get(callid),
  });
  const originated = new OriginatedDialogs({
    ...{ service, random, domains, keeper },
    invite: (options, handlers) => userAgent.invite(options, handlers),
    requestUri: config.requestUri,
  });
  return { service, refers, commands: createDialogCommands(service, originated, refers) };
}
