/**
 * Overwrites everything that can be reached from a value, as a callback could do by mistake: every byte, every property, every element;
 * also of what functions without parameters return. Then it transfers the bytes, as `postMessage` and byte streams do.
 */
export function overwrite(value: unknown): void {
  overwriteReached(value, new Set())
}

function overwriteReached(value: unknown, reached: Set<unknown>): void {
  if (typeof value === 'function') return overwriteResult(value as () => unknown, reached)
  if (typeof value !== 'object' || value === null || value instanceof Promise || value instanceof AbortSignal) return
  if (reached.has(value)) return
  reached.add(value)
  if (value instanceof Uint8Array) overwriteBytes(value)
  else if (ArrayBuffer.isView(value)) return
  else if (value instanceof Map || value instanceof Set) {
    for (const item of [...value.keys(), ...value.values()] as unknown[]) overwriteReached(item, reached)
    value.clear()
  } else {
    for (const name of Reflect.ownKeys(value)) {
      if (name === 'length') continue
      const member: unknown = Reflect.get(value, name)
      overwriteReached(member, reached)
      if (typeof member !== 'function') Reflect.set(value, name, 'overwritten')
    }
  }
}

function overwriteBytes(bytes: Uint8Array): void {
  const { buffer } = bytes
  // an earlier field may be in the same buffer
  if (buffer.byteLength === 0) return
  bytes.fill(0xee)
  if (buffer instanceof ArrayBuffer) structuredClone(bytes, { transfer: [buffer] })
}

function overwriteResult(call: () => unknown, reached: Set<unknown>): void {
  if (call.length > 0) return
  try {
    overwriteReached(call(), reached)
  } catch {
    // it cannot be called like this
  }
}
