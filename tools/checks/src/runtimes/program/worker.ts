import { run } from './run.ts'

/** A worker for `workerd test`. */
export default {
  async test(): Promise<void> {
    console.log(`RESULTS ${JSON.stringify(await run())}`)
  }
}
