export { runCommandLine } from './command-line.ts'
export type { CommandIo } from './command-io.ts'
export { processIo } from './process-io.node.ts'
