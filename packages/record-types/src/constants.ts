// literals and not products: a bundler keeps arithmetic on bigints, as it could throw
/** Nanoseconds. */
export const second: bigint = 1_000_000_000n
export const minute: bigint = 60_000_000_000n
export const hour: bigint = 3_600_000_000_000n
export const day: bigint = 86_400_000_000_000n

/** Bytes that are read at the most, each checked before anything is parsed. */
export const limits: {
  readonly ipnsRecord: number
  readonly peerRecord: number
  readonly envelope: number
  readonly key: number
  readonly value: number
  readonly dhtMessage: number
  readonly providerKey: number
} = /* @__PURE__ */ Object.freeze({
  /** IPNS record specification, "Record Size Limit" */
  ipnsRecord: 10_240,
  /** a signed peer record, as go-libp2p's identify reads it */
  peerRecord: 8_192,
  envelope: 65_536,
  key: 1_024,
  value: 65_536,
  /** go-libp2p-kad-dht and js-libp2p */
  dhtMessage: 4_194_304,
  /** a multihash under which content is provided */
  providerKey: 80
})

/** How far a record's `issued` may lie after our own clock. */
export const clockSkew: bigint = 300_000_000_000n
/** How long a mark outlives the record it remembers, at least. */
export const markAge: bigint = 2_592_000_000_000_000n
