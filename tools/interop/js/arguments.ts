/** One request. */
export interface Wire {
  readonly id: number
  readonly operation: string
  readonly bytes?: Record<string, string>
  readonly numbers?: Record<string, string>
  readonly texts?: Record<string, string>
  readonly flags?: Record<string, boolean>
  readonly lists?: Record<string, string[]>
}

export type Answer = Record<string, unknown>
export type Operations = Record<string, (call: Arguments) => Promise<Answer>>

/** The operation ran and refused the bytes. */
export class Refused extends Error {}
export class Unsupported extends Error {}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

export class Arguments {
  readonly wire: Wire

  constructor(wire: Wire) {
    this.wire = wire
  }

  bytes(name: string): Uint8Array {
    const text = this.wire.bytes?.[name]
    if (text === undefined) throw new Error(`argument ${name} is missing`)
    return unhex(text)
  }

  number(name: string): bigint {
    return BigInt(this.wire.numbers?.[name] ?? '0')
  }

  text(name: string): string {
    return this.wire.texts?.[name] ?? ''
  }

  flag(name: string): boolean {
    return this.wire.flags?.[name] ?? false
  }

  list(name: string): string[] {
    return this.wire.lists?.[name] ?? []
  }
}

/** Turns every error of the library into a refusal of the bytes. */
export async function refusing<T>(judge: () => T | Promise<T>): Promise<T> {
  try {
    return await judge()
  } catch (error) {
    throw new Refused(`${(error as Error).name}: ${(error as Error).message}`)
  }
}
