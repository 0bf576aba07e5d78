/**
 * A module that a package keeps to itself, for those who measure and fuzz it. Found at run time, as nothing may be built on
 * it.
 *
 * @param path - below `packages/`
 */
export async function internal<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../../../packages/${path}`, import.meta.url).href)) as Module
}
