/**
 * A module that a package keeps to itself: its readers are fuzzed all the same. Found at run time, as nothing may be built
 * on it.
 *
 * @param path - below `packages/`
 */
export async function internal<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../../../packages/${path}`, import.meta.url).href)) as Module
}

/** A codec that the schema compiler made. */
export interface Compiled<Message> {
  decode(bytes: Uint8Array): Message
}
