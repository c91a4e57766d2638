import { createTransfer } from '../calls/transfer.js';
import type { DialogParts } from '../dialogs/dialog-parts.js';
import type { AdmissionParts, CallParts, DecisionParts, PartsDeps, SipParts } from '../parts.js';
import type { RoomCommands } from './commands.js';
import { ReferredCalls } from './referred.js';
import { RunningRoomCommands } from './room-commands.js';
import type { RoomService } from './service.js';

/** The rooms, with what they have of the calls and of the stack. */
export interface RoomParts {
  readonly service: RoomService;
  /** For the API. */
  readonly commands: RoomCommands;
}

export function createRooms(
  { config, clock, random, log, pool }: PartsDeps,
  parts: {
    readonly sip: SipParts;
    readonly decisions: DecisionParts;
    readonly admission: AdmissionParts;
    readonly calls: CallParts;
    readonly dialogs: DialogParts;
  },
): RoomParts {
  const { userAgent, transport } = parts.sip;
  const { keeper, servers, decider } = parts.admission;
  const { service, outgoing } = parts.calls;
  const { refers } = parts.dialogs;
  const rooms = service.entrance;
  service.tellsPhones = config.roomNotices === 'on';
  service.useTransfer(createTransfer(userAgent));
  const referred = new ReferredCalls({
    ...{ service, outgoing, keeper, decider, clock, log },
    domains: parts.decisions.domains,
    isHere: (host) =>
      host === config.realm || host === config.publicIp || transport.listening.some(({ address }) => address === host),
  });
  refers.useRooms((refer, reference) => referred.decide(refer, reference));
  rooms.onReferable(() => refers.serve());
  return {
    service: rooms,
    commands: new RunningRoomCommands({ rooms, calls: service, outgoing, servers, pool, random }),
  };
}
