/** Whether a room is one of `join_open`: names, or beginnings of names with a `*` at their end. O(patterns). */
export function isOpenRoom(patterns: readonly string[], room: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? room.startsWith(pattern.slice(0, -1)) : room === pattern));
}

/** An open room to show somebody: `wanted` where that is one; null where there is none. */
export function openRoomOf(patterns: readonly string[], wanted: string): string | null {
  if (isOpenRoom(patterns, wanted)) return wanted;
  return patterns[0]?.replace(/\*$/, '1') ?? null;
}
