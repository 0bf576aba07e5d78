/** What a piece of code did, in numbers that do not depend on the speed of the machine. */
export interface Work {
  /** bytes that were copied by `set` and `slice` of typed arrays */
  bytesCopied: number
  /** calls of `set` and `slice` of typed arrays: each encoded field has at least one */
  copies: number
  /** instances of `TextDecoder` that were made */
  textDecoders: number
  /** characters that were passed through `split`, and texts that were passed to `JSON.parse` */
  charactersSplit: number
  textsParsed: number
  /** steps of iterators of maps */
  mapSteps: number
}

type Methods = Record<string, (...parameters: never[]) => unknown>

/** Counts the work that `run` causes, until its promise resolves. Tests of linear time compare the counts of two sizes. */
export async function countWork(run: () => unknown): Promise<Work> {
  const work: Work = { bytesCopied: 0, copies: 0, textDecoders: 0, charactersSplit: 0, textsParsed: 0, mapSteps: 0 }
  const restore: (() => void)[] = []
  const count = (owner: object, name: string, note: (self: unknown, parameters: readonly unknown[]) => void): void => {
    const methods = owner as Methods
    const original = methods[name] as (...parameters: unknown[]) => unknown
    const counted = function (this: unknown, ...parameters: unknown[]): unknown {
      note(this, parameters)
      return Reflect.apply(original, this, parameters)
    }
    methods[name] = counted
    restore.push(() => {
      methods[name] = original
    })
  }
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
  count(typedArray, 'set', (_, [source]) => {
    work.copies++
    work.bytesCopied += (source as ArrayLike<number>).length
  })
  count(typedArray, 'slice', (self, [start = 0, end = (self as Uint8Array).length]) => {
    work.copies++
    work.bytesCopied += Math.max(0, (end as number) - (start as number))
  })
  count(String.prototype, 'split', (self) => {
    work.charactersSplit += String(self).length
  })
  count(JSON, 'parse', () => {
    work.textsParsed++
  })
  count(Object.getPrototypeOf(new Map().keys()) as object, 'next', () => {
    work.mapSteps++
  })
  const Original = globalThis.TextDecoder
  globalThis.TextDecoder = class extends Original {
    constructor(...parameters: ConstructorParameters<typeof Original>) {
      super(...parameters)
      work.textDecoders++
    }
  }
  restore.push(() => {
    globalThis.TextDecoder = Original
  })
  try {
    await run()
    return work
  } finally {
    for (const end of restore) end()
  }
}
