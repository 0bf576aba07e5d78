import { bytesFromText } from './bytes-from-text.ts'
import type { DecodedText } from './bytes-from-text.ts'
import { explainBytes } from './explain-bytes.ts'
import type { Explanation } from './explain-bytes.ts'
import type { InspectContext } from './inspection.ts'

/**
 * Explains the bytes that a text means, in the encoding in which they have a known format.
 *
 * @throws RecordError `INVALID_ARGUMENT` with one sentence when the text is empty, too long or in none of the encodings
 * @example
 * ```ts
 * const { inspection, encoding } = await explainText(pasted, { engine: createEngine(), now: systemClock() })
 * ```
 */
export async function explainText(
  text: string,
  context: InspectContext
): Promise<Explanation & Pick<DecodedText, 'encoding'>> {
  const [first, ...others] = bytesFromText(text)
  const { bytes, encoding } = first as DecodedText
  const likely = { ...(await explainBytes(bytes, context)), encoding }
  if (likely.inspection.kind !== 'unknown') return likely
  for (const other of others) {
    const explanation = await explainBytes(other.bytes, context)
    if (explanation.inspection.kind !== 'unknown') return { ...explanation, encoding: other.encoding }
  }
  return likely
}
