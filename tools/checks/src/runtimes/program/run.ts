import { httpRoutes } from './http.ts'
import { jobs } from './jobs.ts'
import type { RowResult } from './result.ts'
import { verdicts } from './verdicts.ts'

export type { RowResult } from './result.ts'

/** Runs everything. The same program runs on every runtime. */
export async function run(): Promise<RowResult[]> {
  return [...(await jobs()), await httpRoutes(), ...(await verdicts())]
}
