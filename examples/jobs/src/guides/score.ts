import { decodeUnverifiedEnvelope, envelopeSigningInput, ipnsNameToString } from '@recordkit/record-codec'
import { openEnvelope, peerIdFromPublicKey, sealEnvelope } from '@recordkit/record-crypto'
import type { Namespace, Refusal } from '@recordkit/record-types'

const domain = 'score'
const payloadType = new TextEncoder().encode('/score')
const refusal = (code: 'CONTENT_INVALID' | 'SIGNATURE_INVALID', message: string): Refusal => ({
  status: 'ignore',
  code,
  message
})

/** Scores, `/score/<IPNS name of the player>`: 8 bytes in an envelope that the player signed. The highest one wins. */
export const scores: Namespace<Uint8Array> = {
  name: 'score',
  limits: { key: 128, value: 512 },
  parse(key, value) {
    try {
      const { publicKey, payload, signature } = decodeUnverifiedEnvelope(value)
      if (payload.length !== 8) return refusal('CONTENT_INVALID', `a score has 8 bytes, not ${payload.length}`)
      const signed = (): Uint8Array => envelopeSigningInput(domain, payloadType, payload)
      return { key, value, order: payload, author: peerIdFromPublicKey(publicKey), signature, signed, fields: payload }
    } catch (cause) {
      return { ...refusal('CONTENT_INVALID', 'the value is not an envelope'), cause }
    }
  },
  async verify({ key, value }) {
    try {
      const { author } = await openEnvelope(value, { domain, payloadType })
      const player = new TextDecoder().decode(key).slice('/score/'.length)
      if (player === ipnsNameToString(author)) return { status: 'accept' }
      return refusal('SIGNATURE_INVALID', `the score of ${player} is signed by ${ipnsNameToString(author)}`)
    } catch (cause) {
      return { ...refusal('SIGNATURE_INVALID', 'the player has not signed the score'), cause }
    }
  },
  content: ({ fields }) => fields,
  seal: ({ content }, { signer }) => sealEnvelope({ domain, payloadType, payload: content }, { signer })
}
