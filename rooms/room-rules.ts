import type { SampleRateHz } from '../media/index.js';

/** What holds for every room of a media host. */
export interface RoomRules {
  /** In a room of at most so many members everybody is heard; in larger ones only who speaks. */
  readonly ungatedMembers: number;
  /** So many are heard at once in a larger room. */
  readonly mostSpeakers: number;
  /** No room runs at a higher rate, whatever its members could do with. */
  readonly maxRateHz: SampleRateHz;
}

export const defaultRoomRules: RoomRules = { ungatedMembers: 6, mostSpeakers: 8, maxRateHz: 16000 };
