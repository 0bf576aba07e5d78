import { entryPoints } from './api.ts'
import { readPage, readSections, titleOf } from './pages.ts'

interface Item {
  readonly text: string
  readonly link?: string
  readonly collapsed?: boolean
  readonly items?: Item[]
}

/** The sections of docs/README.md. */
export function sidebar(): Item[] {
  return readSections().map(({ title, pages: listed }) => ({
    text: title,
    collapsed: title !== 'Quick starts',
    items: listed.map(({ source, path }) => ({ text: titleOf(readPage(source)), link: `/${path}` }))
  }))
}

/** The entry points of the packages in the API reference. */
export function apiSidebar(): Item[] {
  const names = [...new Set(entryPoints.map(({ name }) => name))]
  return names.map((name) => ({
    text: name,
    collapsed: true,
    items: entryPoints
      .filter((entry) => entry.name === name)
      .map(({ title }) => ({ text: title, link: `/api/${title}` }))
  }))
}
