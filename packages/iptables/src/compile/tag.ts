import type { Rule } from '../model/ruleset.ts'

/** XT_MAX_COMMENT_LEN is 256 with the NUL (include/uapi/linux/netfilter/xt_comment.h). */
const maxBytes = 255

const unsafe = /["'`\\$]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** Printable ASCII that needs no quoting and no trimming. Nearly every label is of this form. */
const plain = /^[\w.:,;/()<>[\]+=@#%~*!?-](?:[\w.:,;/()<>[\]+=@#%~*!? -]*[\w.:,;/()<>[\]+=@#%~*!?-])?$/

const utf8Length = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

/**
 * The comment that names a rule's project and purpose: `demo/0.0.0.0:8080/tcp -> nginx:80`. Characters that could end a
 * quoted string are replaced. A text that is too long is cut between two characters.
 */
export const tag = (project: string, label: string): string => {
  // The concatenation refers to the label instead of copying it (V8), so a hundred thousand labels are held once.
  if (plain.test(label) && project.length + 1 + label.length <= maxBytes) return prefixOf(project) + label
  let text = ''
  let bytes = 0
  for (const character of `${project}/${label.replace(unsafe, '_')}`) {
    bytes += utf8Length(character)
    if (bytes > maxBytes) break
    text += character
  }
  return text.trimEnd()
}

let lastPrefix = { project: '', text: '/' }

/** The comment prefix of a project, kept for its next label. */
const prefixOf = (project: string): string => {
  if (lastPrefix.project !== project) lastPrefix = { project, text: `${project}/` }
  return lastPrefix.text
}

/** The comment of a rule; null when it has none. */
export const tagOf = (rule: Rule): string | null => {
  for (const match of rule.matches) if (match.kind === 'comment') return match.text
  return null
}

/** The project of a rule. Null: it belongs to none, like our jumps and the inner chains of our trees. */
export const projectOf = (rule: Rule): string | null => {
  const text = tagOf(rule)
  const slash = text?.indexOf('/') ?? -1
  return text === null || slash < 1 ? null : text.slice(0, slash)
}
