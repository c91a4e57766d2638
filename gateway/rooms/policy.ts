import type { MenuAction, RoomSettings } from '../../contract/rooms.js';

/** How a room is. Durations in ms; null: never, or none. */
export interface RoomPolicy {
  readonly isLocked: boolean;
  readonly pin: string | null;
  readonly waitsForHost: boolean;
  readonly hasLobby: boolean;
  /** 0: no limit. */
  readonly lobbyTimeoutMs: number;
  readonly maxMembers: number | null;
  readonly maxAgeMs: number | null;
  readonly idleMs: number | null;
  readonly emptyMs: number;
  readonly endsWithHost: boolean;
  readonly entrySound: string | null;
  readonly exitSound: string | null;
  readonly aloneSound: string | null;
  readonly holdSound: string | null;
  readonly mutesOnEntry: boolean;
  readonly menu: Menu | null;
  readonly hostMenu: Menu | null;
  /** What becomes of a REFER of a member's phone. */
  readonly refer: 'off' | 'room';
}

/** Keys (one to four of 0-9 * # A-D) and what they do. */
export type Menu = Readonly<Record<string, MenuAction>>;

/** Of a room that nobody has said anything about: a plain meeting of calls. */
export const plainPolicy: RoomPolicy = {
  isLocked: false,
  pin: null,
  waitsForHost: false,
  hasLobby: false,
  lobbyTimeoutMs: 0,
  maxMembers: null,
  maxAgeMs: null,
  idleMs: null,
  emptyMs: 300_000,
  endsWithHost: false,
  entrySound: null,
  exitSound: null,
  aloneSound: null,
  holdSound: null,
  mutesOnEntry: false,
  menu: null,
  hostMenu: null,
  // Whoever has a phone in the room could make us call anybody.
  refer: 'off',
};

function ms(seconds: number | null | undefined, before: number | null): number | null {
  if (seconds === undefined) return before;
  // 0 of a limit is none.
  return seconds === null || seconds === 0 ? null : seconds * 1000;
}

function or<T>(given: T | undefined, before: T): T {
  return given === undefined ? before : given;
}

/** What is left out of the settings stays as it was. */
export function policyOf(settings: RoomSettings, before: RoomPolicy = plainPolicy): RoomPolicy {
  const { lobby_timeout_s: lobbyS, empty_s: emptyS } = settings;
  return {
    isLocked: or(settings.locked, before.isLocked),
    pin: or(settings.pin, before.pin),
    waitsForHost: or(settings.wait_for_host, before.waitsForHost),
    hasLobby: or(settings.lobby, before.hasLobby),
    lobbyTimeoutMs: lobbyS === undefined ? before.lobbyTimeoutMs : lobbyS * 1000,
    maxMembers: or(settings.max_members, before.maxMembers),
    maxAgeMs: ms(settings.max_age_s, before.maxAgeMs),
    idleMs: ms(settings.idle_s, before.idleMs),
    emptyMs: emptyS === undefined ? before.emptyMs : emptyS * 1000,
    endsWithHost: or(settings.ends_with_host, before.endsWithHost),
    entrySound: or(settings.entry_sound, before.entrySound),
    exitSound: or(settings.exit_sound, before.exitSound),
    aloneSound: or(settings.alone_sound, before.aloneSound),
    holdSound: or(settings.hold_sound, before.holdSound),
    mutesOnEntry: or(settings.mute_on_entry, before.mutesOnEntry),
    menu: or(settings.menu, before.menu),
    hostMenu: or(settings.host_menu, before.hostMenu),
    refer: or(settings.refer, before.refer),
  };
}

const seconds = (durationMs: number | null): number | null => (durationMs === null ? null : durationMs / 1000);

/** The settings as they are told: the PIN is not. */
export function settingsOf(policy: RoomPolicy): Omit<Required<RoomSettings>, 'pin'> & { readonly has_pin: boolean } {
  return {
    locked: policy.isLocked,
    has_pin: policy.pin !== null,
    wait_for_host: policy.waitsForHost,
    lobby: policy.hasLobby,
    lobby_timeout_s: policy.lobbyTimeoutMs / 1000,
    max_members: policy.maxMembers,
    max_age_s: seconds(policy.maxAgeMs),
    idle_s: seconds(policy.idleMs),
    empty_s: policy.emptyMs / 1000,
    ends_with_host: policy.endsWithHost,
    entry_sound: policy.entrySound,
    exit_sound: policy.exitSound,
    alone_sound: policy.aloneSound,
    hold_sound: policy.holdSound,
    mute_on_entry: policy.mutesOnEntry,
    menu: policy.menu,
    host_menu: policy.hostMenu,
    refer: policy.refer,
  };
}
