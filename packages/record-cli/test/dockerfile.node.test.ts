import { readFileSync } from 'node:fs'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { serveCommand } from '../src/commands/serve-command.ts'

const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')

test('the Dockerfile is accepted by the parser of Dockerfiles', () => {
  expect(validate(dockerfile).map(({ message }) => message)).toEqual([])
  expect(validate('FRMO node\n')).not.toEqual([])
})

test('the Dockerfile sets only variables that serve reads, and exposes the ports of its defaults', () => {
  const { options = {} } = serveCommand
  const variables = new Set(
    Object.entries(options)
      .filter(([, { env }]) => env === true)
      .map(([name]) => `RECORDKIT_${name.replaceAll('-', '_').toUpperCase()}`)
  )
  const used = [...dockerfile.matchAll(/RECORDKIT_\w+(?==)/g)].map(([name]) => name)
  expect(used.length).toBeGreaterThan(1)
  expect(used.filter((name) => !variables.has(name))).toEqual([])
  const ports = /^EXPOSE (.*)$/m.exec(dockerfile)?.[1]?.split(' ') ?? []
  expect(
    [String(options['listen']?.default), String(options['http']?.default)].map((text) => /\d+$/.exec(text)?.[0])
  ).toEqual(ports)
})
