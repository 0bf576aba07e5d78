/**
 * All members of an object as a plain object, those of its class too: a spread copies only its own. Methods keep their `this`, which
 * private fields need.
 */
export function membersOf<Of extends object>(object: Of): Of {
  const members: Record<PropertyKey, unknown> = {}
  for (
    let owner: object | null = object;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    for (const name of Reflect.ownKeys(owner)) {
      if (name === 'constructor' || Object.hasOwn(members, name)) continue
      const member: unknown = Reflect.get(object, name)
      members[name] = typeof member === 'function' ? (member.bind(object) as unknown) : member
    }
  }
  return members as Of
}
