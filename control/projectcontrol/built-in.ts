import type { Leg } from './leg.js';

/** A leg that is up: its parent is answered, or mixed with it when that is up too; and so for its children. */
export function joinFamily(leg: Leg): void {
  const { parent, children } = leg.family;
  if (parent !== null) {
    if (parent.info.answered) void parent.media.join(leg);
    else parent.answer(parent.desk.codecs);
  }
  for (const child of children) void leg.media.join(child);
}

/** Takes the script's callbacks off a leg; what the library does by itself stays. */
export function withoutCallbacks(leg: Leg): void {
  for (const stack of Object.values(leg.stacks)) stack.clear();
}
