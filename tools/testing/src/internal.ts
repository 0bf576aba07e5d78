/**
 * Imports a private module of a package, for benchmarks and fuzzing. It is resolved at run time, as no build may depend on it.
 *
 * @param path - its path below `packages/`
 */
export async function internal<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../../../packages/${path}`, import.meta.url).href)) as Module
}
