import type { PeerId } from '@recordkit/record-types'
import {
  anyAuthor,
  exceptAuthors,
  growOnlySet,
  ipns,
  lastWriterWinsMap,
  onlyAuthors,
  ownerInKey,
  peerRecords,
  providers,
  publicKeys,
  signed,
  unsigned,
  ValidationEngine,
  withAuthors,
  withContent,
  withMaxSize,
  withSchema
} from '@recordkit/record-validators'
import * as v from 'valibot'

/** The formats of libp2p. */
export const standard = [ipns(), publicKeys(), peerRecords(), providers()]

/** Who may write. */
export function policies(alice: PeerId, bob: PeerId, spammer: PeerId) {
  return [
    // /profile/<owner>/…: only the owner that the key names
    signed('profile', { authors: ownerInKey() }),
    // /news/…: these two, under one key; the later record wins
    signed('news', { authors: onlyAuthors([alice, bob]) }),
    // /wall/…: every author except for these
    signed('wall', { authors: exceptAuthors(anyAuthor(), [spammer]) })
  ]
}

/** Values that are not signed. */
export const withoutSignature = [
  growOnlySet('tags'),
  lastWriterWinsMap('settings'),
  unsigned('height', { sequence: (value) => BigInt(new TextDecoder().decode(value)) })
]

/** What is checked besides the signature. */
export function checks(alice: PeerId) {
  return [
    withSchema(signed('theme', { authors: ownerInKey() }), v.strictObject({ colour: v.string() })),
    withMaxSize(signed('note', { authors: ownerInKey() }), 1024),
    withAuthors(ipns(), onlyAuthors([alice])),
    withContent(signed('image', { authors: ownerInKey() }), (content) =>
      content[0] === 0x89
        ? undefined
        : { status: 'ignore', code: 'CONTENT_INVALID', message: 'the image is not a PNG file' }
    )
  ]
}

export function createEngine(alice: PeerId, bob: PeerId, spammer: PeerId): ValidationEngine {
  const own = [...policies(alice, bob, spammer), ...withoutSignature]
  return new ValidationEngine([...standard, ...own])
}
