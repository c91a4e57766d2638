import type { MediaLeg } from '../../rooms/index.js';
import type { LeaveCause, MemberDoor, MemberNews } from '../rooms/door.js';
import type { EndCause } from './call-end.js';
import type { CallRunner } from './call-runner.js';
import type { TransferResult } from './transfer.js';

const endCauseOf: Readonly<Record<LeaveCause, EndCause>> = {
  left: 'room-left',
  moved: 'room-left',
  kicked: 'kicked',
  replaced: 'replaced',
  'room-closed': 'room-closed',
  'room-expired': 'room-expired',
  'pin-failed': 'pin-failed',
  'lobby-timeout': 'lobby-timeout',
  failed: 'internal-error',
};

const leaveCauses: Partial<Record<EndCause, LeaveCause>> = {
  replaced: 'replaced',
  kicked: 'kicked',
  'room-closed': 'room-closed',
  'room-expired': 'room-expired',
  'pin-failed': 'pin-failed',
  'lobby-timeout': 'lobby-timeout',
  'api-closed': 'kicked',
  'media-timeout': 'failed',
  'media-insecure': 'failed',
  'media-host-lost': 'failed',
  'media-rejected': 'failed',
  'transport-failed': 'failed',
  'internal-error': 'failed',
};

/** How the room names the end of a call. */
export function leaveCauseOf(cause: EndCause): LeaveCause {
  return leaveCauses[cause] ?? 'left';
}

function textOf({ isMuted, isHostMuted, isInLobby, isAsked }: MemberNews): string {
  if (isInLobby) return 'Please wait until you are let in.';
  if (isAsked) return 'You are asked to unmute yourself.';
  if (isHostMuted) return 'A host has muted you.';
  return isMuted ? 'You are muted.' : 'You can be heard.';
}

/** A SIP call as a member of a room. */
export class CallDoor implements MemberDoor {
  readonly kind = 'sip';
  readonly extraData = null;
  readonly stream = null;
  readonly isSpectator = false;
  readonly isCompany = true;
  readonly leg: MediaLeg;
  readonly #call: CallRunner;

  constructor(call: CallRunner, leg: MediaLeg) {
    this.#call = call;
    this.leg = leg;
  }

  get memberId(): string {
    return this.#call.info.callId;
  }

  get peer(): string {
    return this.#call.peer;
  }

  get identity(): string | null {
    return this.#call.info.identity;
  }

  get device(): 'phone' | 'browser' {
    return this.#call.isBrowser ? 'browser' : 'phone';
  }

  get direction(): 'in' | 'out' {
    return this.#call.info.direction;
  }

  readonly refer = (target: string): Promise<TransferResult> => this.#call.transfer(target);

  end(cause: LeaveCause, text: string): void {
    this.#call.post({ type: 'close', cause: endCauseOf[cause], reason: text });
  }

  tell(news: MemberNews): void {
    this.#call.notify(textOf(news));
  }
}
