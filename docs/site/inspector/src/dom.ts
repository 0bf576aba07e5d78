type Child = Node | string

interface Properties {
  readonly class?: string | undefined
  readonly [attribute: string]: string | undefined
}

/** The element with an ID. @throws Error when there is none: the page and the program belong to different builds */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no element #${id}`)
  return element as Type
}

/** An element. Children that are text become text nodes, so that nothing from a record is ever parsed as HTML. */
export function element(tag: string, properties: Properties = {}, ...children: readonly Child[]): HTMLElement {
  const created = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) if (value !== undefined) created.setAttribute(name, value)
  created.append(...children)
  return created
}

/** Replaces the children of an element. */
export function fill(id: string, ...children: readonly Child[]): void {
  byId(id).replaceChildren(...children)
}

/** Sets the text of a line that screen readers announce. */
export function announce(id: string, text: string, isProblem = false): void {
  const line = byId(id)
  line.classList.toggle('problem', isProblem)
  if (line.textContent !== text) line.textContent = text
}
