import type { RoomId } from '../../base/ids.js';
import type { MemberView } from '../../contract/room-events.js';
import type { MemberDevice, MemberKind, MemberRole } from './door.js';

/** `lobby`: waits to be let in; `pin`: is asked for the PIN. Neither hears the room nor is heard. */
export type Place = 'room' | 'lobby' | 'pin';

/** Wrong PINs after which a member is sent away. */
export const PIN_TRIES = 3;

/** What may be changed of a member from outside; levels in dB. */
export interface Sound {
  /** By itself, or it came so. */
  readonly isMuted: boolean;
  /** By a host or the application: it cannot lift that. */
  readonly isHostMuted: boolean;
  readonly isDeaf: boolean;
  readonly gainDb: number;
  readonly listenGainDb: number;
  readonly agc: boolean;
  readonly denoise: boolean;
  /** Only these members hear it; null: all. */
  readonly heardBy: readonly string[] | null;
  /** It hears only these; null: all. */
  readonly hears: readonly string[] | null;
}

export const plainSound: Sound = {
  isMuted: false,
  isHostMuted: false,
  isDeaf: false,
  gainDb: 0,
  listenGainDb: 0,
  agc: false,
  denoise: false,
  heardBy: null,
  hears: null,
};

/** One member of one room: plain data. */
export interface RoomMember {
  readonly id: string;
  readonly kind: MemberKind;
  readonly device: MemberDevice;
  readonly peer: string;
  readonly identity: string | null;
  readonly direction: 'in' | 'out';
  readonly extraData: string | null;
  /** Hears and is never heard. */
  readonly isSpectator: boolean;
  /** Who is with it is not alone, and what it says keeps the room from being idle. */
  readonly isCompany: boolean;
  readonly role: MemberRole;
  readonly place: Place;
  readonly echo: boolean;
  readonly sound: Sound;
  /** Its phone has put us on hold. */
  readonly isHeld: boolean;
  readonly isSpeaking: boolean;
  readonly joinedMs: number;
  /** Keys that were pressed: of the PIN, or of the menu. */
  readonly keys: string;
  readonly pinTries: number;
  /** The reason that was given for sending it away. */
  readonly kickReason?: string;
  /** The room it comes from and can return to, in a side room. */
  readonly origin: RoomId | null;
}

/** Whether others can hear it at all. A phone that holds us plays music to us, which is for nobody in the room. */
export function isHearable({ role, isSpectator, isHeld, sound }: RoomMember): boolean {
  return role !== 'listener' && !isSpectator && !isHeld && !sound.isMuted && !sound.isHostMuted;
}

export function memberViewOf(member: RoomMember): MemberView {
  const { sound } = member;
  return {
    member_id: member.id,
    kind: member.kind,
    device: member.device,
    peer: member.peer,
    identity: member.identity,
    direction: member.direction,
    role: member.role,
    place: member.place,
    pin_tries_left: member.place === 'pin' ? PIN_TRIES - member.pinTries : null,
    muted: sound.isMuted || sound.isHostMuted,
    muted_by: sound.isHostMuted ? 'host' : sound.isMuted ? 'self' : null,
    deaf: sound.isDeaf,
    held: member.isHeld,
    gain_db: sound.gainDb,
    listen_gain_db: sound.listenGainDb,
    agc: sound.agc,
    noise_suppression: sound.denoise,
    heard_by: sound.heardBy === null ? null : [...sound.heardBy],
    hears: sound.hears === null ? null : [...sound.hears],
    speaking: member.isSpeaking,
    extra_data: member.extraData,
    joined_ms: member.joinedMs,
  };
}
