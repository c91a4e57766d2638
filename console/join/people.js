// Who is in the room, as values: the room's events go in, what is shown and said comes out.

/** @returns the members by id after an event; what came before the list was read is in it already */
export function applied(members, event) {
  const { type, member, member_id: id } = event;
  const after = new Map(members);
  if (type === 'member_joined' || type === 'member_updated') after.set(member.member_id, member);
  if (type === 'member_left') after.delete(id);
  const known = after.get(id);
  if (known !== undefined && (type === 'speaking_started' || type === 'speaking_stopped')) {
    after.set(id, { ...known, speaking: type === 'speaking_started' });
  }
  return after;
}

/** @returns in words who of the others came and went */
export function comings(before, after, ownId) {
  const others = (members) => [...members.values()].filter(({ member_id }) => member_id !== ownId);
  const came = others(after).filter(({ member_id }) => !before.has(member_id));
  const went = others(before).filter(({ member_id }) => !after.has(member_id));
  return [...came.map(({ peer }) => `${peer} joined`), ...went.map(({ peer }) => `${peer} left`)];
}

/** Oneself first, the others by name. */
export function ordered(members, ownId) {
  const own = members.filter(({ member_id }) => member_id === ownId);
  const others = members.filter(({ member_id }) => member_id !== ownId);
  return [...own, ...others.sort((a, b) => a.peer.localeCompare(b.peer))];
}

export function whereOf({ place, device, role }) {
  const where = { room: device, pin: 'is asked for the PIN' }[place] ?? 'waits to be let in';
  return role === 'member' ? where : `${where}, ${role}`;
}

export function stateOf({ muted, muted_by, held, speaking }) {
  if (muted) return muted_by === 'host' ? 'muted by a host' : 'muted';
  if (held) return 'on hold';
  return speaking ? 'speaking' : '';
}
