import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../src/repository.ts'

const workflows = globSync('.github/workflows/*.yml', { cwd: repository })
const textOf = (file: string): string => readFileSync(join(repository, file), 'utf8')

test('every action in a workflow is pinned by the hash of its commit, with its version in a comment', () => {
  const used = workflows.flatMap((file) => [...textOf(file).matchAll(/uses: (.*)$/gm)].map(([, action]) => action))
  expect(used.length).toBeGreaterThan(4)
  expect(used.filter((action) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? ''))).toEqual([])
})

test('every workflow reads only, unless a job says what else it needs, and runs on three platforms', () => {
  for (const file of workflows) {
    expect(textOf(file), file).toMatch(/^permissions:\n {2}contents: read$/m)
    expect(textOf(file), file).toContain('os: [ubuntu-24.04, macos-15, windows-2025]')
  }
})

test('only the job that publishes can prove its identity to npm', () => {
  const granted = workflows.filter((file) => textOf(file).includes('id-token: write'))
  expect(granted.map((file) => file.replaceAll('\\', '/'))).toEqual(['.github/workflows/release.yml'])
  expect(textOf('.github/workflows/release.yml').match(/id-token: write/g)).toHaveLength(1)
})

test('every package is published for everyone and with provenance', () => {
  const manifests = globSync('packages/*/package.json', { cwd: repository })
  expect(manifests.length).toBeGreaterThan(18)
  for (const file of manifests) {
    const { publishConfig } = JSON.parse(textOf(file)) as { publishConfig: Record<string, unknown> }
    expect(publishConfig, file).toMatchObject({ access: 'public', provenance: true })
  }
})
