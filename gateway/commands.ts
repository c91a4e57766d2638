import type { CallId } from '../base/ids.js';
import { hostPort } from '../base/ip-ranges.js';
import type { LogControl, Logger } from '../base/log.js';
import type { MessageSummaryBody } from '../contract/message-summary.js';
import type { SessionView } from '../contract/v1.js';
import { isStandardTransport, type MessageSummary, parseUri, type Uri } from '../sip/index.js';
import type { ApiCommands, CommandResult } from './api/commands.js';
import { viewOf } from './calls/call-table.js';
import type { OutgoingCalls } from './calls/outgoing.js';
import { viewOfQuality } from './calls/quality-view.js';
import type { CallService } from './calls/service.js';
import { changeLogLevel } from './log-level.js';
import { messageSummaryOf, viewOfMessages } from './presence/message-summary.js';
import type { PresenceServer } from './presence/server.js';
import type { Binding } from './registrar/bindings.js';
import type { BindingKeeper } from './registrar/keeper.js';

export interface CommandOptions {
  readonly service: CallService;
  readonly outgoing: OutgoingCalls;
  readonly keeper: BindingKeeper;
  /** Null when it is switched off. */
  readonly presence: PresenceServer | null;
  readonly isReady: () => boolean;
  readonly counters: () => Readonly<Record<string, number>>;
  readonly log: Logger;
  readonly logControl: LogControl | null;
}

/** None for a transport of the application's own, which the contract has no name for. */
function sessionViews(binding: Binding): SessionView[] {
  const { kind } = binding.flow;
  if (!isStandardTransport(kind)) return [];
  const view: SessionView = {
    session_id: binding.sessionId,
    username: binding.username,
    realm: binding.realm,
    source: hostPort(binding.flow.remote.address, binding.flow.remote.port),
    transport: kind,
    contact: binding.contact,
    user_agent: binding.userAgent,
    registered_at: binding.registeredAtMs,
    expires_at: binding.expiresAtMs,
  };
  return [view];
}

/** A SIP URI, or one without its scheme; null for anything else. */
function addressOf(aor: string): Uri | null {
  const read = parseUri(/^sips?:/i.test(aor) ? aor : `sip:${aor}`);
  return read.ok ? read.value : null;
}

/** What the HTTP API can ask for, carried out on calls and bindings (contract 3). */
export function createCommands(options: CommandOptions): ApiCommands {
  const { service, outgoing, keeper, presence } = options;
  /** `use` gives null when there is no room for one more. */
  const mailbox = (
    aor: string,
    use: (server: PresenceServer, uri: Uri, now: MessageSummary) => MessageSummaryBody | null,
  ): CommandResult<MessageSummaryBody> => {
    if (presence === null) return { ok: false, code: 'NOT_FOUND', message: 'presence is off' };
    const uri = addressOf(aor);
    if (uri === null) return { ok: false, code: 'BAD_REQUEST', message: 'aor: not a SIP URI' };
    const now = presence.messagesOf(uri);
    if (now === null) return { ok: false, code: 'NOT_FOUND', message: 'no user of this address' };
    const value = use(presence, uri, now);
    return value === null ? { ok: false, code: 'OVERLOADED', message: 'too many mailboxes' } : { ok: true, value };
  };
  return {
    inviteClient: async (body) => outgoing.inviteClient(body),
    inviteServer: async (body) => outgoing.inviteServer(body),
    closeConnection: async (connId) => {
      const call = service.table.get(connId as CallId);
      if (call === undefined) return { ok: false, code: 'NOT_FOUND' };
      call.post({ type: 'close', cause: 'api-closed' });
      return { ok: true, value: 'OK' };
    },
    quality: async (connId) => {
      const report = (await service.table.get(connId as CallId)?.quality()) ?? null;
      if (report === null) return { ok: false, code: 'NOT_FOUND', message: 'no leg of this id has media' };
      return { ok: true, value: viewOfQuality(connId, report) };
    },
    sessions: () => keeper.all().flatMap(sessionViews),
    calls: () => service.table.live().map(viewOf),
    messageSummary: (aor) => mailbox(aor, (_server, _uri, now) => viewOfMessages(now)),
    setMessageSummary: (aor, body) => {
      const summary = messageSummaryOf(body);
      if (summary === null) return { ok: false, code: 'BAD_REQUEST', message: 'account: not a SIP or tel URI' };
      return mailbox(aor, (server, uri) => (server.setMessages(uri, summary) ? viewOfMessages(summary) : null));
    },
    ready: options.isReady,
    counters: options.counters,
    histograms: () => service.media.histograms(),
    logLevel: () => options.logControl?.level ?? null,
    setLogLevel: (level) => changeLogLevel(options.logControl, level, options.log, 'api'),
  };
}
