import { byteLength } from '@portolan/netfilter'

/**
 * The project of an element or a rule stands in its comment, `<project>/<label>`. Several projects share the table, and
 * the kernel's own listing is the only record of which project wants what.
 */

/** NFTNL_UDATA_COMMENT_MAXLEN (libnftnl, udata.h), which counts the closing NUL. */
const maxBytes = 127

const project = /^[a-z0-9][a-z0-9_-]{0,62}$/

/**
 * Names checked before, and whether each is a project name. Nearly all of ten thousand comments begin with one of a few
 * names.
 */
const looked = new Map<string, boolean>()
const LOOKED_LIMIT = 1_024

const isProject = (name: string): boolean => {
  const known = looked.get(name)
  if (known !== undefined) return known
  const found = project.test(name)
  if (looked.size < LOOKED_LIMIT) looked.set(name, found)
  return found
}

/**
 * May this text stand between quotes in an nft script? The scanner ends a string at the next `"` and knows no escape
 * (src/scanner.l, `quotedstring`). A backslash has a meaning only before `*`. A control character would break the lines
 * of the listing.
 */
export const isQuotable = (text: string): boolean => !/["\\\p{C}\p{Zl}\p{Zp}]/u.test(text)

/** Printable ASCII that an nft script takes between quotes. Nearly every label is of this form. */
const plain = /^[ !#-[\]-~]*$/

/**
 * The comment of an object that belongs to a project, cut to the length the kernel keeps. The cut does not split a
 * character.
 */
export const ownerComment = (owner: string, label: string): string => {
  const { text, isPlain } = prefixOf(owner)
  // The concatenation refers to the label instead of copying it (V8), so a hundred thousand labels are held once.
  if (isPlain && text.length + label.length <= maxBytes && plain.test(label)) return text + label
  const safe = `${owner}/${label}`.replace(/["\\\p{C}\p{Zl}\p{Zp}]/gu, '?')
  if (byteLength(safe) <= maxBytes) return safe
  let kept = ''
  let bytes = 0
  for (const character of safe) {
    bytes += byteLength(character)
    if (bytes > maxBytes) break
    kept += character
  }
  return kept
}

let lastPrefix = { owner: '', text: '/', isPlain: true }

/** The comment prefix of a project, kept for the next label. The project name is checked once for all its labels. */
const prefixOf = (owner: string): typeof lastPrefix => {
  if (lastPrefix.owner !== owner) lastPrefix = { owner, text: `${owner}/`, isPlain: plain.test(owner) }
  return lastPrefix
}

/** The project that a comment names; null for objects that all projects share. */
export const ownerOf = (comment: string | null): string | null => {
  const slash = comment?.indexOf('/') ?? -1
  if (comment === null || slash < 1) return null
  const name = comment.slice(0, slash)
  return isProject(name) ? name : null
}
