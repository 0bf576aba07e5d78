/** The colours of all diagrams, for light and dark pages. In an image of a page the system decides, in the site its theme. */
const light = '--ink:#1f2937;--soft:#5b6472;--line:#8b95a5;--fill:#f4f6fa;--accent:#3451b2;--bad:#b42318'
const dark = '--ink:#e5e7eb;--soft:#a3adbb;--line:#6b7686;--fill:#242830;--accent:#a8b1ff;--bad:#ff9c8f'

export const diagramStyle: string = [
  `svg.rk{${light}}`,
  '.rk text{fill:var(--ink);font:13px system-ui,sans-serif}',
  '.rk .title{font-weight:600}',
  '.rk .soft{fill:var(--soft);font-size:12px}',
  '.rk .bad{fill:var(--bad);font-size:12px}',
  '.rk .head{fill:var(--accent);font-weight:600;font-size:14px}',
  '.rk rect{fill:var(--fill);stroke:var(--line)}',
  '.rk .last{stroke:var(--accent);stroke-width:2}',
  '.rk path{stroke:var(--line);fill:none;stroke-width:1.5}',
  '.rk .tip{fill:var(--line);stroke:none}'
].join('\n')

const darkStyle = `@media (prefers-color-scheme:dark){svg.rk{${dark}}}`
/** For the site, whose class says which theme is shown. */
export const siteStyle = `${diagramStyle}\nhtml:not(.dark) svg.rk{${light}}\nhtml.dark svg.rk{${dark}}`

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const lineHeight = 17

export class Diagram {
  readonly #parts: string[] = []
  readonly #width: number
  readonly #title: string
  #height = 0

  /** @param title - what the diagram shows, for screen readers */
  constructor(width: number, title: string) {
    this.#width = width
    this.#title = title
  }

  text(x: number, y: number, text: string, kind = ''): void {
    this.#parts.push(`<text x="${x}" y="${y}"${kind === '' ? '' : ` class="${kind}"`}>${escape(text)}</text>`)
    this.#height = Math.max(this.#height, y + 8)
  }

  /** A box with a title and lines below it; a line that begins with `!` is a refusal. */
  box(x: number, y: number, width: number, title: string, lines: readonly string[] = [], isLast = false): Box {
    const height = 28 + lines.length * lineHeight + (lines.length > 0 ? 4 : 0)
    this.#parts.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"${isLast ? ' class="last"' : ''}/>`
    )
    this.text(x + 10, y + 19, title, 'title')
    lines.forEach((line, index) =>
      this.text(
        x + 10,
        y + 19 + (index + 1) * lineHeight,
        line.replace(/^!/, ''),
        line.startsWith('!') ? 'bad' : 'soft'
      )
    )
    this.#height = Math.max(this.#height, y + height + 8)
    return { x, y, width, height }
  }

  /** An arrow along points. */
  arrow(
    points: readonly (readonly [x: number, y: number])[],
    label?: readonly [x: number, y: number, text: string]
  ): void {
    const [last, before] = [points.at(-1), points.at(-2)]
    if (last === undefined || before === undefined) throw new Error('an arrow has at least two points')
    this.#parts.push(`<path d="M${points.map((point) => point.join(' ')).join('L')}"/>`)
    const angle = (Math.atan2(last[1] - before[1], last[0] - before[0]) * 180) / Math.PI
    this.#parts.push(
      `<path class="tip" d="M0 0L-8 -4L-8 4Z" transform="translate(${last.join(' ')}) rotate(${angle.toFixed(0)})"/>`
    )
    if (label !== undefined) this.text(label[0], label[1], label[2], 'soft')
  }

  /** Boxes below each other with arrows between them. */
  column(
    x: number,
    y: number,
    width: number,
    steps: readonly (readonly [title: string, lines?: readonly string[]])[]
  ): Box[] {
    let top = y
    return steps.map(([title, lines = []], index) => {
      const box = this.box(x, top, width, title, lines, index === steps.length - 1)
      if (index > 0)
        this.arrow([
          [x + width / 2, top - 22],
          [x + width / 2, top]
        ])
      top += box.height + 22
      return box
    })
  }

  toString(): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" class="rk" viewBox="0 0 ${this.#width} ${this.#height}" role="img">
<title>${escape(this.#title)}</title>
<style>
${diagramStyle}
${darkStyle}
</style>
${this.#parts.join('\n')}
</svg>
`
  }
}
