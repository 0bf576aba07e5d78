// oxlint-disable-next-line import/no-unassigned-import -- sets globals
import './hermes-globals.ts'
import { jobs } from './jobs.ts'
import { verdicts } from './verdicts.ts'

/** All but the routes of HTTP, as Hermes has no `Request`. The result is on one line. */
async function run(): Promise<void> {
  console.log(`RESULTS ${JSON.stringify([...(await jobs()), ...(await verdicts())])}`)
}

run().catch((error: Error) => console.log(error.stack))
