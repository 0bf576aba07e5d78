import { copyBytes, RecordError } from '@recordkit/record-types'
import type { PubsubReceiver } from '@recordkit/record-types'
import type { Topics } from './pubsub-topics.ts'
import type { PubsubFetch } from './pubsub-types.ts'

/** bytes: a longer key is not looked up */
const maxKey = 65_536

/**
 * Answers the fetches of peers, for keys whose topics this node has joined: those that it publishes or watches. Other keys of a
 * store would tell peers what this node reads.
 *
 * @returns a function that ends it
 * @throws RecordError `INVALID_ARGUMENT` when the service answers these keys already
 */
export function answerFetches(
  fetch: PubsubFetch | undefined,
  receiver: PubsubReceiver,
  topics: Pick<Topics, 'find'>,
  signal: AbortSignal
): () => void {
  if (fetch === undefined) return () => undefined
  const answer = async (key: Uint8Array): Promise<Uint8Array | undefined> => {
    if (signal.aborted || key.length > maxKey || topics.find(key)?.isJoined !== true) return undefined
    // the text of an error would be sent to the peer
    const record = await receiver.getForPeers(copyBytes(key), { signal }).catch(() => undefined)
    return record?.value
  }
  const prefixes: string[] = []
  const end = (): void => {
    for (const prefix of prefixes) fetch.unregisterLookupFunction(prefix, answer)
  }
  for (const namespace of receiver.namespaces) {
    const prefix = `/${namespace}/`
    try {
      fetch.registerLookupFunction(prefix, answer)
    } catch (cause) {
      end()
      throw new RecordError(
        'INVALID_ARGUMENT',
        `the fetch service answers keys that begin with ${prefix} already; pass a service of its own as \`fetch\``,
        { cause }
      )
    }
    prefixes.push(prefix)
  }
  return end
}
