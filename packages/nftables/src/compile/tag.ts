import { byteLength } from '@portolan/netfilter'

/**
 * The project of an element or a rule, told by its comment, `<project>/<label>`: several projects share the table,
 * and the kernel's own listing is the only record of which project wants what.
 */

/** NFTNL_UDATA_COMMENT_MAXLEN (libnftnl, udata.h), which counts the closing NUL. */
const maxBytes = 127

const project = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** Names that have been looked at: of ten thousand comments nearly all begin with one of a few. */
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
 * What may stand between quotes in an nft script: its scanner ends a string at the next `"` and knows no
 * escape (src/scanner.l, `quotedstring`). A backslash means something only before `*`; a control character
 * would tear the listing apart.
 */
export const isQuotable = (text: string): boolean => !/["\\\p{C}\p{Zl}\p{Zp}]/u.test(text)

/** Printable ASCII that an nft script takes between quotes: nearly every label there is. */
const plain = /^[ !#-[\]-~]*$/

/** The comment of what belongs to a project, cut to what the kernel keeps, never within a character. */
export const ownerComment = (owner: string, label: string): string => {
  const { text, isPlain } = prefixOf(owner)
  // Put together and not copied: V8 refers to the label then, and a hundred thousand of them are held once.
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

/** One text for all labels of a project, which is looked at once for all of them. */
const prefixOf = (owner: string): typeof lastPrefix => {
  if (lastPrefix.owner !== owner) lastPrefix = { owner, text: `${owner}/`, isPlain: plain.test(owner) }
  return lastPrefix
}

/** The project a comment names; null of what all projects share. */
export const ownerOf = (comment: string | null): string | null => {
  const slash = comment?.indexOf('/') ?? -1
  if (comment === null || slash < 1) return null
  const name = comment.slice(0, slash)
  return isProject(name) ? name : null
}
