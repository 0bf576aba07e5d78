/**
 * Text from outside for a message or a log. Everything but printable ASCII is escaped: a line feed would begin a line of the log, and
 * an escape sequence would control the terminal that shows it.
 *
 * @param most - maximum number of characters; longer text is cut
 */
export function printable(text: string, most = 80): string {
  let shown = ''
  for (const character of text) {
    const code = character.codePointAt(0) as number
    shown += code >= 0x20 && code < 0x7f ? character : `\\u{${code.toString(16)}}`
    if (shown.length > most) return `${shown.slice(0, most - 3)}...`
  }
  return shown
}
