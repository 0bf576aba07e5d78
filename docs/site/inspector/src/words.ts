import type { ComparisonRule, RangeRole, StepName } from '@recordkit/record-inspect'

/** What people call the formats. */
export const kindWords: Readonly<Record<string, string>> = {
  'ipns-record': 'IPNS record',
  envelope: 'Signed envelope',
  'peer-record': 'Peer record',
  'signed-record': 'Signed record',
  'dht-record': 'DHT record',
  'dht-message': 'DHT message',
  'public-key': 'Public key',
  'private-key': 'Private key',
  'peer-id': 'Peer ID',
  archive: 'Archive of records',
  unknown: 'Unknown format'
}

export const stepWords: Readonly<Record<StepName, readonly [string, string]>> = {
  key: ['Key', 'the key belongs to a known namespace'],
  size: ['Size', 'key and value are within the limits of the namespace'],
  decoding: ['Decoding', 'what the author signed is encoded strictly, the rest as other implementations accept it'],
  binding: ['Binding', 'requested key, key in the record and signing key agree, and the author may write the key'],
  signature: ['Signature', 'the public key verifies the signature over the covered bytes'],
  time: ['Time', 'the record is not from the future and has not expired'],
  content: ['Content', 'the content is what the namespace expects'],
  'normal-form': ['Normal form', 'the one encoding that is stored and forwarded']
}

export const ruleWords: Readonly<Record<ComparisonRule, string>> = {
  valid: 'A valid record wins over one that is refused',
  revocation: 'A revocation outranks every record',
  sequence: 'The higher sequence wins',
  validity: 'The record that is valid for longer wins',
  namespace: 'The namespace orders the records',
  identity: 'The higher hash of the signed content wins'
}

export const roleWords: Readonly<Record<RangeRole, string>> = {
  content: 'content',
  time: 'time',
  order: 'order',
  signature: 'signature',
  key: 'key',
  address: 'address',
  type: 'type',
  container: 'message around fields',
  unknown: 'unknown field',
  damaged: 'damaged'
}

/** A sentence begins with a capital letter and ends with a full stop. */
export function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}

/** A number with a unit. */
export function counted(number: number, unit: string): string {
  return `${number.toLocaleString('en')} ${unit}${number === 1 ? '' : 's'}`
}
