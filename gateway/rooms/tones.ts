/** What members are told without words; descriptions of media/tone-file.ts, each a sound `tone:…`. */
export const cues = {
  /** The PIN is wanted: two short ones. */
  pinAsked: 'tone:620*0.3/0/620*0.3:150/100/150',
  /** It was wrong: one low one, then it is asked for again. */
  pinWrong: 'tone:300*0.3/0/620*0.3/0/620*0.3:500/300/150/100/150',
  muted: 'tone:880*0.3/440*0.3:100/150',
  unmuted: 'tone:440*0.3/880*0.3:100/150',
  /** A host has muted it, and it cannot unmute itself: two low ones. */
  mutedByHost: 'tone:300*0.3/0/300*0.3:150/100/150',
  /** Somebody would like to hear it: three rising ones. */
  askedToUnmute: 'tone:440*0.3/0/660*0.3/0/880*0.3:100/60/100/60/150',
  done: 'tone:700*0.3:120',
  failed: 'tone:300*0.3:400',
} as const;

/** Beyond that nobody counts. */
const MOST_BEEPS = 20;

/** How many they are, as so many beeps; a long one for those beyond. */
export function countCue(members: number): string {
  const beeps = Math.min(members, MOST_BEEPS);
  const tones = Array.from({ length: beeps }, () => '700*0.3/0');
  const durations = Array.from({ length: beeps }, () => '120/180');
  if (members > MOST_BEEPS) {
    tones.push('700*0.3');
    durations.push('800');
  }
  return `tone:${tones.join('/')}:${durations.join('/')}`;
}
