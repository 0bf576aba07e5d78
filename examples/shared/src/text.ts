export function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
