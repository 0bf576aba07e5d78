/** Keys that are not characters. @see W3C WebDriver, "Keyboard actions" */
const specialKeys: Readonly<Record<string, string>> = {
  Enter: '\uE007',
  Tab: '\uE004',
  Escape: '\uE00C',
  Backspace: '\uE003',
  Delete: '\uE017',
  Home: '\uE011',
  End: '\uE010',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
  Shift: '\uE008',
  Control: '\uE009',
  Alt: '\uE00A'
}

interface KeyAction {
  readonly type: 'keyDown' | 'keyUp'
  readonly value: string
}

/** The body of the WebDriver command that presses keys one after the other. Keys that are joined by `+` are held together. */
export function keyActions(keys: readonly string[]): unknown {
  const actions = keys.flatMap((key): KeyAction[] => {
    const values = (key.length > 1 ? key.split('+') : [key]).map((part) => specialKeys[part] ?? part)
    const down = values.map((value): KeyAction => ({ type: 'keyDown', value }))
    const up = values.toReversed().map((value): KeyAction => ({ type: 'keyUp', value }))
    return [...down, ...up]
  })
  return { actions: [{ type: 'key', id: 'keyboard', actions }] }
}
