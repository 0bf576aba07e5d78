import { parsePeerId } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { Provider } from '@recordkit/record-types'
import { ByteQueue } from '@recordkit/record-types/internal'
import { limitAddresses, maxAddresses } from './address-limits.ts'
import { limitedBytes, limitedChunks } from './response-body.ts'

/** maximum size of a list of providers in bytes */
const maxListSize = 1_048_576
/** maximum number of items that are read from a list; the rest is left out */
const maxItems = 1024
/** maximum length of the text of an address; one of 512 bytes is shorter */
const maxAddressText = 2048

/** Converts the text of a multiaddr to its binary form. */
export type AddressParser = (text: string) => Uint8Array

/**
 * The items of a list in NDJSON, one line after another. Empty lines are skipped.
 *
 * @throws RecordError `TOO_LARGE` for more than 1 MiB
 */
export async function* ndjsonItems(response: Response): AsyncGenerator {
  const line = new ByteQueue()
  let items = 0
  for await (const chunk of limitedChunks(response, maxListSize)) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      line.push(chunk.subarray(start, end))
      start = end + 1
      if (line.length === 0) continue
      yield parseJson(line.takeAll())
      if (++items === maxItems) return
    }
    line.push(chunk.subarray(start))
  }
  yield parseJson(line.takeAll())
}

/** The items of a list in JSON. @throws RecordError `TOO_LARGE` for more than 1 MiB */
export async function* jsonItems(response: Response): AsyncGenerator {
  const list = parseJson(await limitedBytes(response, maxListSize))
  const providers: unknown = isObject(list) ? list['Providers'] : undefined
  if (Array.isArray(providers)) yield* providers.slice(0, maxItems)
}

/** @returns `undefined` when the item is not a provider. Addresses that cannot be parsed are left out. */
export function parseProvider(item: unknown, parseAddress: AddressParser | undefined): Provider | undefined {
  if (!isObject(item) || typeof item['ID'] !== 'string') return undefined
  try {
    const id = parsePeerId(item['ID'])
    const texts: unknown[] = Array.isArray(item['Addrs']) ? item['Addrs'].slice(0, maxAddresses) : []
    return { id, addresses: limitAddresses(texts.flatMap((text) => parsedAddress(text, parseAddress))) }
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

/** The address in a list of its own; an empty list when the text is not an address. */
function parsedAddress(text: unknown, parseAddress: AddressParser | undefined): Uint8Array[] {
  if (typeof text !== 'string' || text.length > maxAddressText || parseAddress === undefined) return []
  try {
    return [parseAddress(text)]
  } catch {
    return []
  }
}

/** @returns `undefined` when the bytes are not JSON */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
