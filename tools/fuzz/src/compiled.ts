/** A codec that the schema compiler made. */
export interface Compiled<Message> {
  decode(bytes: Uint8Array): Message
}
