import type { RoomId } from '../../base/ids.js';
import type { InviteHookReply } from '../../contract/v1.js';
import type { EntryWish, Route } from '../calls/call.js';
import type { HookClient, HookOutcome } from '../hooks/client.js';
import type {
  BindingNews,
  CredentialsDecision,
  CredentialsQuestion,
  Decider,
  DecisionStep,
  InviteQuestion,
  RouteDecision,
} from './decider.js';

export interface HookDeciderOptions {
  readonly hooks: HookClient;
  /** `hook_error_code`: what a caller gets when the application cannot answer; 503 unless configured. */
  readonly errorCode: { readonly auth: number; readonly invite: number };
  /** Retry-After of a 503, in seconds. */
  readonly retryAfterS: number;
}

/** The application decides, over its webhooks (contract 2.1 to 2.4). */
export function createHookDecider(options: HookDeciderOptions): Decider {
  const { hooks } = options;
  const news = (binding: BindingNews): { username: string; realm: string; session_id: string } => ({
    username: binding.username,
    realm: binding.realm,
    session_id: binding.sessionId,
  });
  return {
    credentials: async (question) => {
      const outcome = await hooks.auth({
        username: question.username,
        realm: question.realm,
        session_id: question.sessionId,
        ...(question.algorithm === 'MD5' ? {} : { algorithm: question.algorithm }),
      });
      return credentialsDecision(question, outcome, options);
    },
    registered: (binding) => hooks.register(news(binding)),
    unregistered: (binding) => hooks.unregister(news(binding)),
    route: async (question: InviteQuestion) => {
      const outcome = await hooks.invite({
        source: question.source,
        username: question.username,
        from_number: question.fromNumber,
        to_number: question.toNumber,
        conn_id: question.callId,
        ...(question.referredBy === undefined ? {} : { referred_by: question.referredBy }),
      });
      return routeDecision(outcome, options);
    },
  };
}

function failureStep(name: string, outcome: HookOutcome<unknown>): DecisionStep {
  if (outcome.ok) return { check: name, outcome: 'answered', afterMs: outcome.afterMs };
  const status = outcome.status === null ? '' : ` (HTTP ${outcome.status})`;
  return { check: name, outcome: `${outcome.failure}${status}: ${outcome.message}`, afterMs: outcome.afterMs };
}

const hexLengths = { MD5: 32, 'SHA-256': 64, 'SHA-512-256': 64 } as const;

type AuthOutcome = Awaited<ReturnType<HookClient['auth']>>;

function credentialsDecision(
  question: CredentialsQuestion,
  outcome: AuthOutcome,
  options: HookDeciderOptions,
): CredentialsDecision {
  const name = 'hook auth';
  if (!outcome.ok) {
    const statusCode = options.errorCode.auth;
    return {
      kind: 'unavailable',
      statusCode,
      retryAfterS: statusCode === 503 ? options.retryAfterS : null,
      trace: [failureStep(name, outcome)],
    };
  }
  const { reply, afterMs } = outcome;
  const ha1 = reply.ha1;
  if (!reply.success) return { kind: 'refused', trace: [{ check: name, outcome: 'success false', afterMs }] };
  if (ha1 === null) return { kind: 'refused', trace: [{ check: name, outcome: 'ha1 missing', afterMs }] };
  if (ha1.length !== hexLengths[question.algorithm] || !/^[0-9a-f]+$/.test(ha1)) {
    return {
      kind: 'refused',
      trace: [{ check: name, outcome: 'ha1 is not lowercase hex of the right length', afterMs }],
    };
  }
  return { kind: 'ha1', ha1, trace: [{ check: name, outcome: 'ha1 given', afterMs }] };
}

type InviteOutcome = Awaited<ReturnType<HookClient['invite']>>;

function routeDecision(outcome: InviteOutcome, options: HookDeciderOptions): RouteDecision {
  const name = 'hook invite';
  if (!outcome.ok) {
    const statusCode = options.errorCode.invite;
    const failed: Route = {
      kind: 'reject',
      statusCode,
      cause: 'hook-failed',
      ...(statusCode === 503 ? { retryAfterS: options.retryAfterS } : {}),
    };
    return { route: failed, trace: [failureStep(name, outcome)] };
  }
  const { reply, afterMs } = outcome;
  const roomId = reply.room_id;
  if (reply.strategy === 'Reject') {
    const route: Route = { kind: 'reject', statusCode: 486, cause: 'hook-rejected' };
    return { route, trace: [{ check: name, outcome: 'Reject', afterMs }] };
  }
  if (roomId === null || roomId === '') {
    const route: Route = { kind: 'reject', statusCode: 486, cause: 'no-room' };
    return { route, trace: [{ check: name, outcome: `${reply.strategy} without room_id`, afterMs }] };
  }
  const waits = reply.strategy === 'WaitOtherPeers';
  return {
    route: { kind: 'room', roomId: roomId as RoomId, waits, echo: reply.echo, entry: entryOf(reply) },
    trace: [{ check: name, outcome: `${reply.strategy} ${roomId}`, afterMs }],
  };
}

/** What the application says of the caller as a member, and of the room. */
function entryOf({ room, member }: InviteHookReply): EntryWish {
  return {
    ...(room == null ? {} : { room }),
    ...(member?.role === undefined ? {} : { role: member.role }),
    ...(member?.muted === undefined ? {} : { isMuted: member.muted }),
    ...(member?.skips_pin === undefined ? {} : { skipsPin: member.skips_pin }),
  };
}
