/** A phrase that is not plain technical English, or not this project's term, and what to write instead. */
export interface Avoided {
  readonly pattern: RegExp
  readonly instead: string
}

/** Matched against every line of source code and prose. Keep it short: it catches habits, not every mistake. */
export const avoided: readonly Avoided[] = [
  { pattern: /\bat the (?:most|least)\b/i, instead: '"at most", "at least"' },
  { pattern: /\bwhen absent\b/i, instead: '@default' },
  { pattern: /\bwhat (?:came|comes|becomes?|became) of\b/i, instead: '"the result", "the outcome"' },
  {
    pattern: /(?<!\bthere |\bthere's )\b(?:is|are|was|were) no (?!longer|more\b|one\b|such|better|different)[a-z]+/i,
    instead: '"is not a …"'
  },
  {
    pattern:
      /\bhand(?:s|ed|ing)? (?:it |them |us |you |itself )?(?:in|over|out|on|back)\b|\b(?:is|are|was|be) handed\b/i,
    instead: '"pass", "receive", "return"'
  },
  { pattern: /\bhold(?:s)? that\b|\bheld against\b/i, instead: '"test that", "compare with"' },
  { pattern: /\bfor ever\b|\bforever\b/i, instead: '"indefinitely"' },
  {
    pattern: /\b(?:nobody|somebody|whoever|whomever|anybody|everybody)\b/i,
    instead: '"no peer", "the caller", "another author"'
  },
  { pattern: /\bwho (?:floods?|lies|sends?|asks?|knows?|barred)\b/i, instead: '"peers that …"' },
  { pattern: /\bset out for\b/i, instead: '"target"' },
  {
    pattern: /\b(?:un)?proven\b|\bprove(?:s|d)? (?:it|them|what|nothing)\b|\bbeliev(?:e|es|ed|ing)\b/i,
    instead: '"verified", "trusted", "valid"'
  },
  { pattern: /\b(?:liar|stranger)s?\b/i, instead: '"malicious peer", "unauthenticated sender"' },
  { pattern: /\b(?:barred|gaters? of)\b/i, instead: '"banned"' },
  {
    pattern: /\b(?:house|rooms?|doors?|weather|siege|chapter|teller|storey)\b/i,
    instead: '"project", "module", "entry point", "fault injection", "section"'
  },
  { pattern: /\bdeadlines?\b/i, instead: '"timeout"' },
  { pattern: /\bkeep(?:s|ing)? alive\b|\bkept alive\b/i, instead: '"republish"' },
  { pattern: /\bin hand\b/i, instead: '"available", "created before"' },
  { pattern: /(?<![\w/])\d[\d,]*(?:\.\d+)? an? (?:second|minute|record|row|key)\b/i, instead: '"per second"' },
  { pattern: /\|\s*(?:beside|said|short)\s*\||\bwork \| peer\b/i, instead: '"compared with", "claim", "missed"' }
]

/** Lines that quote something that cannot be changed: other projects' options, specification text. */
export const allowed = /\bkeepAlive\b|keep-alive|no room for|has no room|\bdeadline\b.*\b(?:Debian|grpc)\b/

export interface Finding {
  readonly line: number
  readonly text: string
  readonly instead: string
}

/** The lines of a text that contain an avoided phrase. */
export function findAvoided(text: string): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    if (allowed.test(line)) return []
    const found = avoided.find(({ pattern }) => pattern.test(line))
    return found === undefined ? [] : [{ line: index + 1, text: line.trim(), instead: found.instead }]
  })
}
