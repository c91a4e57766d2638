import type { MediaPool } from '../rooms/index.js';
import type { DialogParts } from './dialogs/dialog-parts.js';
import type { AdmissionParts, CallParts, DecisionParts, DirectoryParts, PresenceParts, SipParts } from './parts.js';
import type { Store } from './store/store.js';
import type { WebParts } from './web/parts.js';

/** Everything that is counted anywhere in a gateway. */
export interface FigureSources {
  readonly sip: SipParts;
  readonly decisions: DecisionParts;
  readonly admission: AdmissionParts;
  readonly directory: DirectoryParts;
  readonly calls: CallParts;
  readonly presence: PresenceParts;
  readonly dialogs: DialogParts;
  readonly web: WebParts;
  readonly pool: MediaPool;
  readonly store: Store;
}

/** What is left; all zero once every call has ended and its timers have run out. */
export interface Leftovers {
  readonly calls: number;
  readonly rooms: number;
  readonly openRooms: number;
  readonly webConnections: number;
  readonly orphanWatches: number;
  readonly mediaLegs: number;
  readonly mediaRooms: number;
  /** Players, recorders and streams. */
  readonly mediaSounds: number;
  readonly portsInUse: number;
  readonly dialogs: number;
  readonly controlDialogs: number;
  readonly openReferences: number;
  readonly sessions: number;
  readonly transactions: number;
}

export function leftoversOf({ sip, calls, dialogs: controlled, web, pool }: FigureSources): Leftovers {
  const media = pool.counts();
  const { dialogs, sessions, transactions } = sip.userAgent.counts();
  return {
    calls: calls.service.table.size,
    rooms: calls.service.rooms.size,
    openRooms: calls.service.entrance.size,
    webConnections: web.service.size,
    orphanWatches: calls.service.orphans.size,
    mediaLegs: media.legs,
    mediaRooms: media.rooms,
    mediaSounds: media.sounds,
    portsInUse: calls.ports.inUse,
    dialogs,
    controlDialogs: controlled.service.table.size,
    openReferences: controlled.refers.size,
    sessions,
    transactions,
  };
}

/** The figures of GET /metrics, by name: `_total` at the end only ever rises, all others are as of now. */
export function figuresOf(sources: FigureSources): Readonly<Record<string, number>> {
  const { sip, decisions, directory, store } = sources;
  return {
    ...callFigures(sources),
    ...registrationFigures(sources.admission),
    ...loadFigures(sources),
    ...hostFigures(sources.pool),
    ...presenceFigures(sources.presence),
    ...totals('sip', sip.transport.counters),
    ...totals('sip', sip.userAgent.transactions.counters),
    ...totals('sip_ua', sip.userAgent.counters),
    ...totals('session_timers', sip.sessionTimers?.counters ?? {}),
    ...totals('sip_server', sip.userAgent.failoverCounters),
    ...totals('dns', sip.resolver.counters),
    ...totals('redirects', sources.calls.redirects.counters),
    ...totals('store', store.counters),
    web_connections: sources.web.service.size,
    ...totals('web', sources.web.service.counters),
    ...decisions.hooks.counters(),
    ...decisions.control.counters,
    directory_domains: directory.directory.counts.domains,
    directory_users: directory.directory.counts.users,
    ...totals('directory', directory.directory.counters),
    ...dialogFigures(sources),
  };
}

function callFigures(sources: FigureSources): Record<string, number> {
  const { reporter, table, rooms, media, entrance } = sources.calls.service;
  const left = leftoversOf(sources);
  return {
    calls: left.calls,
    calls_total: table.total,
    calls_answered_total: reporter.counters.answered,
    calls_rejected_total: reporter.counters.rejected,
    calls_canceled_total: reporter.counters.canceled,
    calls_failed_total: reporter.counters.failed,
    calls_ended_total: reporter.counters.ended,
    rooms: left.rooms,
    room_tombstones_dropped_total: rooms.tombstonesDropped,
    rooms_open: entrance.size,
    ...entrance.counters,
    ...entrance.logs.counters(),
    orphan_watches: left.orphanWatches,
    media_one_way: media.oneWayNow,
    media_one_way_total: media.counters.oneWay,
    media_legs: left.mediaLegs,
    media_rooms: left.mediaRooms,
    media_sounds: left.mediaSounds,
    rtp_ports_in_use: left.portsInUse,
    sip_dialogs: left.dialogs,
    sip_sessions: left.sessions,
    sip_transactions: left.transactions,
    sip_connections: sources.sip.transport.connections,
  };
}

function dialogFigures({ dialogs: { service } }: FigureSources): Record<string, number> {
  return {
    control_dialogs: service.table.size,
    control_dialogs_total: service.table.counter,
    control_dialogs_refused_total: service.counters.refused,
  };
}

function registrationFigures(parts: AdmissionParts): Record<string, number> {
  const { keeper, registrar, admission, limiter, trunks } = parts;
  return {
    registrations: keeper.size,
    registrations_accepted_total: registrar.counters.accepted,
    registrations_refused_total: registrar.counters.refused,
    registrations_expired_total: keeper.counters.expired,
    trunk_registrations: trunks.size,
    trunk_registrations_up: trunks.up,
    trunk_registrations_failed_total: trunks.counters.failures,
    admission_denied_total: admission.counters.denied,
    admission_limited_total: limiter.refused,
    admission_sources_forgotten_total: limiter.forgotten,
  };
}

function loadFigures({ calls, pool }: FigureSources): Record<string, number> {
  const { overload, load } = calls;
  const { hostsUp, hostRestarts, ringLinks, control } = pool.counts();
  return {
    server_max_calls_refused_total: load.refused,
    overload_refused_mixer_total: overload.refused['mixer-late'],
    overload_refused_event_loop_total: overload.refused['event-loop-late'],
    overload_refused_memory_total: overload.refused.memory,
    event_loop_lateness_ms: overload.loopLatenessMs,
    mixer_lateness_ms: pool.load.beatLatenessMs,
    media_hosts_up: hostsUp,
    media_host_restarts_total: hostRestarts,
    media_host_busy_share: pool.load.busyShare,
    media_ring_links: ringLinks,
    media_commands_applied_total: control.count,
    media_command_latency_p50_ms: control.p50Ms,
    media_command_latency_p99_ms: control.p99Ms,
    media_command_latency_max_ms: control.maxMs,
  };
}

/** Of the UDP ports that WebRTC legs share, as GET /metrics names them. */
const sharedNames = [
  ['sockets', 'sockets'],
  ['legs', 'legs'],
  ['sources', 'sources'],
  ['strangers_total', 'strangers'],
  ['contested_total', 'contested'],
  ['displaced_total', 'displaced'],
  ['failures_total', 'failures'],
  ['handshakes_dropped_total', 'handshakesDropped'],
] as const;

/** Of each media host by itself; the label's value is a number or a URL, neither of which needs escapes. */
function hostFigures(pool: MediaPool): Record<string, number> {
  const hosts = pool.hosts().map(({ url, ...host }, index) => ({ ...host, label: `{host="${url ?? index}"}` }));
  return Object.fromEntries([
    ...hosts.map(({ label, isUp }) => [`media_host_up${label}`, Number(isUp)]),
    ...hosts.map(({ label, legs }) => [`media_host_legs${label}`, legs]),
    ...sharedNames.flatMap(([name, key]) =>
      hosts.flatMap(({ label, shared }) => (shared === null ? [] : [[`media_shared_${name}${label}`, shared[key]]])),
    ),
  ]);
}

function presenceFigures({ presence, messages }: PresenceParts): Record<string, number> {
  return {
    subscriptions: presence?.subscriptions.size ?? 0,
    publications: presence?.publications.size ?? 0,
    mailboxes: presence?.mailboxes ?? 0,
    messages_pending: messages?.pending ?? 0,
    ...totals('presence', presence?.counters ?? {}),
    ...totals('subscriptions', presence?.subscriptions.counters ?? {}),
    ...totals('publications', presence?.publications.counters ?? {}),
    ...totals('messages', messages?.counters ?? {}),
  };
}

/** `udpDropped` of `sip` is `sip_udp_dropped_total`. */
function totals(prefix: string, counters: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [
      `${prefix}_${name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}_total`,
      Number(value),
    ]),
  );
}
