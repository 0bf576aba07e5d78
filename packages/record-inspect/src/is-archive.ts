const header = /* @__PURE__ */ new TextEncoder().encode('recordkit-records ')

/**
 * Whether bytes begin as an archive of records does.
 *
 * @example
 * ```ts
 * if (isArchive(firstChunk)) console.log('pass it to inspectArchive')
 * ```
 */
export function isArchive(bytes: Uint8Array): boolean {
  return bytes.length >= header.length && header.every((byte, index) => bytes[index] === byte)
}
