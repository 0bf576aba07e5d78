// What other tools use: a registry on loopback, and projects that install from it.
export { Project } from './projects.ts'
export { startRegistry } from './registry.ts'
export type { Registry } from './registry.ts'
