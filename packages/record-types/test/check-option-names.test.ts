import { checkOptions } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

interface Options {
  readonly lifetime?: number | undefined
  readonly timeout?: number | undefined
}

const names = { lifetime: 0, timeout: 0 } as const
const check = (options: unknown, name?: string): void => checkOptions(options as Options, names, name)

test.each<[string, unknown, RegExp]>([
  [
    'another case',
    { lifeTime: 1 },
    /^unknown option "lifeTime"; did you mean "lifetime"\? The options are lifetime, timeout$/
  ],
  ['two letters exchanged', { tiemout: 1 }, /^unknown option "tiemout"; did you mean "timeout"\?/],
  ['a missing letter', { lifetim: 1 }, /^unknown option "lifetim"; did you mean "lifetime"\?/],
  ['a name that resembles none', { colour: 1 }, /^unknown option "colour"; the options are lifetime, timeout$/],
  ['the name of a member of every object', { toString: 1 }, /^unknown option "toString"; /],
  ['what would control a terminal', { 'a\n': 1 }, /^unknown option "a\\u\{a\}"; /],
  ['null', null, /^options is null; an object is expected$/],
  ['an array', [], /^options is an array; an object is expected$/],
  ['a promise', Promise.resolve({}), /^options is a promise, which must be awaited; an object is expected$/]
])('options with %s are refused with the nearest name', (_, options, message) => {
  expect(() => check(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) as unknown })
  )
})

test('an unknown name in nested options is shown with its path', () => {
  expect(() => check({ timeOut: 1 }, 'network')).toThrow(
    'unknown option "network.timeOut"; did you mean "network.timeout"?'
  )
})

test('a name that only shares a single letter or pair with an option gets no hint', () => {
  expect(() => check({ sync: 1 })).toThrow(/^unknown option "sync"; the options are /)
})

test('known names pass, and unknown ones without a value', () => {
  expect(() => check({ lifetime: 1, timeout: undefined, colour: undefined })).not.toThrow()
})
