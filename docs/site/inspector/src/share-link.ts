import { bytesFromBase64 } from '@recordkit/record-inspect'
import { base64 } from '@recordkit/record-inspect/text'

/** What a link contains. */
export interface SharedRecord {
  readonly record: Uint8Array
  /** the record that it is compared with */
  readonly other?: Uint8Array | undefined
  readonly name?: string | undefined
  readonly domain?: string | undefined
}

/** bytes of both records; browsers and messengers cut links that are much longer than these 22,000 characters */
export const maxShared = 16_384
/** characters of a name or a domain */
const maxText = 256

function toBase64Url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The fragment of a link, without the #; `undefined` for records that are too large for a link. */
export function toFragment({ record, other, name, domain }: SharedRecord): string | undefined {
  if (record.length + (other?.length ?? 0) > maxShared) return undefined
  const parameters = new URLSearchParams({ record: toBase64Url(record) })
  if (other !== undefined && other.length > 0) parameters.set('other', toBase64Url(other))
  if (name) parameters.set('name', name)
  if (domain) parameters.set('domain', domain)
  return parameters.toString()
}

/** What the fragment of a link contains; `undefined` for another fragment, and a sentence for one that is damaged or too large. */
export function fromFragment(fragment: string): SharedRecord | string | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''))
  const [record, other] = [parameters.get('record'), parameters.get('other')]
  if (record === null) return undefined
  if (record.length + (other?.length ?? 0) > Math.ceil((maxShared * 4) / 3) + 4)
    return `the link contains more than ${maxShared} bytes`
  try {
    return {
      record: bytesFromBase64(record),
      other: other === null ? undefined : bytesFromBase64(other),
      name: parameters.get('name')?.slice(0, maxText) || undefined,
      domain: parameters.get('domain')?.slice(0, maxText) || undefined
    }
  } catch {
    return 'the link is damaged: what follows the # is not base64url'
  }
}
