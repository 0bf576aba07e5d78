import { isCid } from './cid.ts'

/** Whether bytes are a value of an IPNS record: a path, a binary CID, or empty, which means an empty CID. */
export function isIpnsValue(value: Uint8Array): boolean {
  return value.length === 0 || value[0] === 0x2f || isCid(value)
}
