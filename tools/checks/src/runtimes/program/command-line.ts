import { run } from './run.ts'

/** Prints the results on one line, which {@link readResults} finds. For Node.js, Bun and Deno. */
console.log(`RESULTS ${JSON.stringify(await run())}`)
