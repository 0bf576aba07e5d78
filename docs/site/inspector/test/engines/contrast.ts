/**
 * A JavaScript expression: the visible texts of a page whose contrast with their background is below that of WCAG AA.
 *
 * @see WCAG 2.2, success criterion 1.4.3
 */
export const lowContrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const backgroundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor)
      if (color[3] === 255) return color
    }
    return rgba(getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? 'black' : 'white')
  }
  const found = []
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim()
    const box = element.getBoundingClientRect()
    const style = getComputedStyle(element)
    if (text === '' || box.width === 0 || style.visibility === 'hidden') continue
    const [a, b] = [luminance(rgba(style.color)), luminance(backgroundOf(element))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (isLarge ? 3 : 4.5)) found.push(element.className + ' "' + text.slice(0, 30) + '" ' + ratio.toFixed(2))
  }
  return [...new Set(found)]
})()`

/** A JavaScript expression: the controls of a page without a name that a screen reader can say. */
export const unnamed = `[...document.querySelectorAll('button, input, textarea, a, [tabindex="0"]')]
  .filter((element) => element.getBoundingClientRect().width > 0)
  .filter((element) => !(element.labels?.length || element.textContent.trim() || element.getAttribute('aria-label') || element.getAttribute('aria-labelledby')))
  .map((element) => element.outerHTML.slice(0, 80))`
