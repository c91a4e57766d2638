import type { CallId } from '../base/ids.js';
import { hostPort } from '../base/ip-ranges.js';
import type { LogControl, Logger } from '../base/log.js';
import type { SessionView } from '../contract/v1.js';
import { isStandardTransport } from '../sip/index.js';
import type { ApiCommands } from './api/commands.js';
import { viewOf } from './calls/call-table.js';
import type { OutgoingCalls } from './calls/outgoing.js';
import type { CallService } from './calls/service.js';
import { changeLogLevel } from './log-level.js';
import type { Binding } from './registrar/bindings.js';
import type { BindingKeeper } from './registrar/keeper.js';

export interface CommandOptions {
  readonly service: CallService;
  readonly outgoing: OutgoingCalls;
  readonly keeper: BindingKeeper;
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

/** What the HTTP API can ask for, carried out on calls and bindings (contract 3). */
export function createCommands(options: CommandOptions): ApiCommands {
  const { service, outgoing, keeper } = options;
  return {
    inviteClient: async (body) => outgoing.inviteClient(body),
    inviteServer: async (body) => outgoing.inviteServer(body),
    closeConnection: async (connId) => {
      const call = service.table.get(connId as CallId);
      if (call === undefined) return { ok: false, code: 'NOT_FOUND' };
      call.post({ type: 'close', cause: 'api-closed' });
      return { ok: true, value: 'OK' };
    },
    sessions: () => keeper.all().flatMap(sessionViews),
    calls: () => service.table.live().map(viewOf),
    ready: options.isReady,
    counters: options.counters,
    logLevel: () => options.logControl?.level ?? null,
    setLogLevel: (level) => changeLogLevel(options.logControl, level, options.log, 'api'),
  };
}
