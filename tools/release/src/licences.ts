import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readManifest } from './repository.ts'

/** Licences that may be distributed with an application under either of our licences. */
const accepted = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Unlicense',
  'CC0-1.0',
  'BlueOak-1.0.0'
])

/** Whether an SPDX expression can be satisfied with the accepted licences. */
export function isAccepted(expression: string): boolean {
  const text = expression.replaceAll(/[()]/g, ' ').trim()
  return text.split(/\s+OR\s+/).some((choice) => choice.split(/\s+AND\s+/).every((one) => accepted.has(one.trim())))
}

/** The licences of everything that is installed below a project, each with its number of packages. */
export function installedLicences(project: string): { licences: Map<string, number>; problems: string[] } {
  const licences = new Map<string, number>()
  const problems: string[] = []
  for (const file of globSync('**/node_modules/{*,@*/*}/package.json', { cwd: project })) {
    const folder = join(project, dirname(file))
    const { name, license } = readManifest(folder)
    const licence = typeof license === 'string' ? license : 'unknown'
    licences.set(licence, (licences.get(licence) ?? 0) + 1)
    if (!isAccepted(licence)) problems.push(`${name} has the licence ${licence}`)
  }
  return { licences, problems }
}
