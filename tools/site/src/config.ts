import type { DefaultTheme, UserConfig } from 'vitepress'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { slugOf } from './markdown.ts'
import { siteStyle } from './diagrams/svg.ts'
import { repository, repositoryUrl } from './pages.ts'
import { apiSidebar, sidebar } from './sidebar.ts'

const at = (path: string): string => join(repository, path)

/** Of VitePress. Its pages are what {@link stagePages} writes. */
export const config: UserConfig<DefaultTheme.Config> = {
  title: 'RecordKit',
  description: 'Signed, ordered records for libp2p in TypeScript, for Node and browsers',
  lang: 'en',
  base: process.env['SITE_BASE'] ?? '/',
  srcDir: at('tools/site/dist/pages'),
  outDir: at('tools/site/dist/html'),
  cacheDir: at('tools/site/dist/cache'),
  cleanUrls: false,
  // `npm run site` checks all links and anchors in the built pages
  ignoreDeadLinks: true,
  head: [['style', {}, readFileSync(at('docs/site/style.css'), 'utf8') + siteStyle]],
  markdown: { anchor: { slugify: slugOf } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Documentation', link: '/documentation' },
      { text: 'API', link: '/api/' },
      { text: 'Errors', link: '/errors' },
      { text: 'Inspector', link: '/inspector/', target: '_self' }
    ],
    sidebar: { '/api/': apiSidebar(), '/': sidebar() },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: repositoryUrl }],
    editLink: {
      // VitePress copies the text of this function into the page
      pattern: ({ frontmatter }) => String(frontmatter['editUrl'] ?? 'https://github.com/recordkit/recordkit'),
      text: 'Edit this page'
    },
    footer: { message: 'Apache-2.0 or MIT, at your option.' }
  }
}
