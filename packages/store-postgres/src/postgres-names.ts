/** An identifier in double quotes. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The channel of notifications of a schema. */
export function channelOf(schema: string): string {
  return `recordkit:${schema}`
}

/** The numbers of the advisory locks of a schema: one for creating the tables, and one that is combined with each shard. */
export function locksOf(schema: string): { readonly tables: string; readonly shards: number } {
  const hash = hashOf(`recordkit:${schema}`)
  return { tables: BigInt.asIntN(64, hash).toString(), shards: Number(BigInt.asIntN(32, hash)) }
}

/** The name under which a statement is prepared. Another text has another one: connections of a pooler may contain those of others. */
export function statementName(name: string, text: string): string {
  return `${name}_${hashOf(text).toString(36)}`
}

/** FNV-1a, 64 bits */
function hashOf(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}
